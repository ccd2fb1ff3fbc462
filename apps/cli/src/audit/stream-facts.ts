// What one stream tells of its order, kept as JSON between the events. The domain's own rule decides what state the
// order is in; beside it stands what that rule is right to pass over, and an audit is not.
import { absentOrder, evolve } from '@orders/domain/order';
import type { Order, Timestamp } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { OrderLogPage } from '@orders/order-store/read-log';

export type StreamFacts = {
  order: Order;
  /** The type of the first event that could be read; `null` while there was none. */
  first_event: string | null;
  /** The first event that this version cannot read. */
  unreadable: { type: string; revision: string } | null;
  /** The different references under which the stream says that the order was placed, up to 4. */
  exchange_order_ids: string[];
  /** When the order was last owed a placement that had not been tried yet, by the clock of the event store. */
  open_since: Timestamp | null;
};

type Unreadable = Omit<OrderLogPage['unreadable'][number], 'position'>;

export const noFacts: StreamFacts = {
  order: absentOrder,
  first_event: null,
  unreadable: null,
  exchange_order_ids: [],
  open_since: null,
};

const referencesMax = 4;

export function withEvent(facts: StreamFacts, { event, recordedAt }: RecordedOrderEvent): StreamFacts {
  const opens = event.type === 'OrderPlaced' || event.type === 'RedriveRequested';
  return {
    ...facts,
    order: evolve(facts.order, event),
    first_event: facts.first_event ?? event.type,
    exchange_order_ids:
      event.type === 'OrderSubmitted'
        ? withReference(facts.exchange_order_ids, event.data.exchange_order_id)
        : facts.exchange_order_ids,
    open_since: opens ? recordedAt.toISOString() : facts.open_since,
  };
}

export function withUnreadable(facts: StreamFacts, { type, revision }: Unreadable): StreamFacts {
  return { ...facts, unreadable: facts.unreadable ?? { type, revision: String(revision) } };
}

const withReference = (known: string[], reference: string): string[] =>
  known.includes(reference) || known.length === referencesMax ? known : [...known, reference];
