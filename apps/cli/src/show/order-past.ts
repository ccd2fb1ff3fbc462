// What an order was at a moment of its past: the events up to there, folded by the one function that also makes the
// views that consumers see. A moment is a time, at which an event counts that was recorded then or before, or a place
// in the log.
import type { EventStoreConnection } from '@orders/order-store/event-store-connection';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { applyToView, type OrderView } from '@orders/read-model/order-view';
import { askEventStore } from '../event-store.ts';
import { type LogPlace, refuseFuture, upToPlace } from '../log-place.ts';
import { readOrderStream } from '../order-stream.ts';

/** Whether an event counts. An order's events do from its first one up to some last one. */
export type Moment = (recorded: RecordedOrderEvent) => boolean;

export const always: Moment = () => true;

/** Throws `UnusableInputError` for a time to come and for a position without an event. */
export async function momentOf(connection: EventStoreConnection, place: LogPlace): Promise<Moment> {
  switch (place.kind) {
    case 'start':
      return () => false;
    case 'now':
      return always;
    case 'time': {
      const { time } = place;
      refuseFuture(time);
      return ({ recordedAt }) => recordedAt <= time;
    }
    case 'position': {
      const end = await upToPlace(connection.client(), place);
      return ({ position }) => end !== null && position.commit <= end.commit;
    }
  }
}

export type OrderPast = {
  /** `null` before the order was placed. */
  view: OrderView | null;
  last: RecordedOrderEvent | null;
  /** Events up to here that this version cannot read. */
  unreadable: number;
};

export const nothingYet: OrderPast = { view: null, last: null, unreadable: 0 };

/**
 * The order after every event in turn, beginning with none; an event may come twice in a row. Nothing at all when
 * there is no such order. Throws `UnreachableError`.
 */
export async function* pastsOf(connection: EventStoreConnection, id: string): AsyncGenerator<OrderPast> {
  const pages = readOrderStream(connection.client(), id);
  let past = nothingYet;
  for (;;) {
    const { value: page, done } = await askEventStore(() => pages.next());
    if (done === true) return;
    if (past === nothingYet) yield past;
    const unreadable = page.unreadable.map(({ revision }) => revision);
    for (const last of page.events) {
      past = {
        view: applyToView(past.view, last.event, Number(last.revision)),
        last,
        unreadable: past.unreadable + unreadable.splice(0, countBelow(unreadable, last.revision)).length,
      };
      yield past;
    }
    if (unreadable.length > 0) {
      past = { ...past, unreadable: past.unreadable + unreadable.length };
      yield past;
    }
  }
}

const countBelow = (revisions: readonly bigint[], limit: bigint): number =>
  revisions.filter((one) => one < limit).length;
