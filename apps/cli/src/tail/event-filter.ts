// Which events somebody wants to see: by their type, by the terms of their order, by the status that it has after
// them. What an event does not say by itself comes from its order, which is kept for as long as there is room, and
// looked up in its stream otherwise; memory does not grow with the number of orders.
import type { OrderEvent, OrderSide, OrderStatus } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { applyToView, type OrderView } from '@orders/read-model/order-view';
import { LRUCache } from 'lru-cache';

/** An empty set allows everything. */
export type EventFilter = {
  types: ReadonlySet<OrderEvent['type']>;
  instruments: ReadonlySet<string>;
  sides: ReadonlySet<OrderSide>;
  statuses: ReadonlySet<OrderStatus>;
};

type FilterDeps = {
  /** The order after its first events; `null` when they do not begin with its placement. */
  lookUp: (orderId: string, events: bigint) => Promise<OrderView | null>;
  /** To be larger than two batches: all orders of one have to be there at once. */
  ordersMax?: number;
};

type Select = (events: readonly RecordedOrderEvent[]) => Promise<readonly RecordedOrderEvent[]>;

const lookUpsAtOnce = 32;

/**
 * To be called with the events in the order of the log. When a look-up fails the call rejects, and may be repeated
 * with the same events.
 */
export function eventFilter(filter: EventFilter, { lookUp, ordersMax = 50_000 }: FilterDeps): Select {
  const { types, instruments, sides, statuses } = filter;
  const allows = <Value>(set: ReadonlySet<Value>, value: Value) => set.size === 0 || set.has(value);
  const hasType = ({ event }: RecordedOrderEvent) => allows(types, event.type);
  if (instruments.size + sides.size + statuses.size === 0)
    return async (events) => (types.size === 0 ? events : events.filter(hasType));

  const orders = new LRUCache<string, OrderView>({ max: ordersMax });
  const isWanted = ({ instrument, side, status }: OrderView) =>
    allows(instruments, instrument) && allows(sides, side) && allows(statuses, status);

  /** Everything that can fail comes before the first event is applied, so that a repeat finds the orders as they were. */
  async function fetchOrders(events: readonly RecordedOrderEvent[]): Promise<void> {
    const missing = new Map<string, bigint>();
    for (const recorded of events) {
      const { orderId, revision } = recorded;
      // Looked at, an order is among the last to make room for those that are fetched now.
      const isKnown = orders.get(orderId) !== undefined;
      if (!isKnown && revision > 0n && hasType(recorded) && !missing.has(orderId)) missing.set(orderId, revision);
    }
    const wanted = [...missing];
    const found = new Map<string, OrderView>();
    for (let at = 0; at < wanted.length; at += lookUpsAtOnce) {
      const some = wanted.slice(at, at + lookUpsAtOnce);
      const fetch = async ([orderId, revision]: [string, bigint]) => {
        const view = await lookUp(orderId, revision);
        if (view !== null) found.set(orderId, view);
      };
      await Promise.all(some.map(fetch));
    }
    for (const [orderId, view] of found) orders.set(orderId, view);
  }

  return async (events) => {
    await fetchOrders(events);
    return events.filter((recorded) => {
      const { event, orderId, revision } = recorded;
      const before = orders.get(orderId) ?? null;
      // An order whose beginning was not seen is looked up once one of its events may be wanted.
      const view = applyToView(before, event, Number(revision));
      if (view === null) return false;
      orders.set(orderId, view);
      return hasType(recorded) && isWanted(view);
    });
  };
}
