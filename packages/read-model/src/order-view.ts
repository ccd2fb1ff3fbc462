// The order as consumers see it, built event by event. Each event states absolute values, so applying one twice changes
// nothing, and the same function serves the view in Redis and an answer taken straight from the stream.
import type { OrderEvent, OrderSide, OrderStatus, OrderType, Timestamp } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';

/** To be raised with every change of what a view holds: the next projector then builds all of them again. */
export const currentViewVersion = 3;

export type OrderView = {
  id: string;
  account_id: string;
  created_at: Timestamp;
  type: OrderType;
  side: OrderSide;
  instrument: string;
  /** A canonical decimal string, or `null` for a market order. */
  limit_price: string | null;
  quantity: number;
  status: OrderStatus;
  /** Calls to the exchange begun so far. */
  attempts: number;
  redrives: number;
  exchange_order_id: string | null;
  submitted_at: Timestamp | null;
  /** Why the order failed or is in doubt; `null` otherwise. */
  failure: { code: string; reason: string } | null;
  /** `null` unless the order is in doubt now. */
  in_doubt_since: Timestamp | null;
  /** The revision of the stream that this view reflects. */
  revision: number;
};

/** The one form of a view in Redis: its revision, then JSON, so that a script can compare the one without the other. */
export const encodeView = (view: OrderView): string => `${versionMark(view)}${JSON.stringify(view)}`;

export const decodeView = (text: string): OrderView => JSON.parse(text.slice(text.indexOf(' ') + 1)) as OrderView;

/** How a stored view of this revision begins, and no other one. */
export const versionMark = ({ revision }: Pick<OrderView, 'revision'>): string => `${revision} `;

/** The view after the whole history of one order; `null` when the history does not begin with its placement. */
export function viewOfHistory(history: readonly RecordedOrderEvent[]): OrderView | null {
  let view: OrderView | null = null;
  for (const { event, revision } of history) view = applyToView(view, event, Number(revision));
  return view;
}

/** `null` stays `null` until the order is placed. An event at or below the revision of the view changes nothing. */
export function applyToView(view: OrderView | null, event: OrderEvent, revision: number): OrderView | null {
  if (view === null) return event.type === 'OrderPlaced' ? placedView(event.data, revision) : null;
  if (revision <= view.revision) return view;
  // As in the domain: nothing that comes after the exchange's confirmation can undo it.
  return view.status === 'submitted' ? { ...view, revision } : { ...view, ...changes(view, event), revision };
}

function placedView(data: Extract<OrderEvent, { type: 'OrderPlaced' }>['data'], revision: number): OrderView {
  const { order_id: id, account_id, placed_at: created_at, type, side, instrument, limit_price, quantity } = data;
  const nothingTried = { attempts: 0, redrives: 0, exchange_order_id: null, submitted_at: null, failure: null };
  const noDoubt = { in_doubt_since: null };
  const terms = { type, side, instrument, limit_price, quantity };
  return { id, account_id, created_at, ...terms, status: 'placed', ...nothingTried, ...noDoubt, revision };
}

const noLongerStuck = { failure: null, in_doubt_since: null };

function changes(view: OrderView, event: OrderEvent): Partial<OrderView> {
  switch (event.type) {
    case 'OrderPlaced':
      return {};
    case 'SubmissionStarted':
      return { status: 'submitting', attempts: event.data.attempt };
    case 'SubmissionAttemptFailed':
      return view.status === 'submitting' || view.status === 'in_doubt' ? { status: 'placed', ...noLongerStuck } : {};
    case 'OrderSubmitted': {
      const { exchange_order_id, submitted_at, attempts } = event.data;
      return { status: 'submitted', exchange_order_id, submitted_at, attempts, ...noLongerStuck };
    }
    case 'OrderFailed': {
      const { code, reason, attempts } = event.data;
      return { status: 'failed', attempts, ...noLongerStuck, failure: { code, reason } };
    }
    case 'OrderInDoubt': {
      const { reason, in_doubt_since } = event.data;
      return { status: 'in_doubt', failure: { code: 'in_doubt', reason }, in_doubt_since };
    }
    case 'RedriveRequested':
      return view.status === 'failed' || view.status === 'in_doubt'
        ? { status: 'placed', ...noLongerStuck, redrives: view.redrives + 1 }
        : {};
  }
}
