// What may be asked of the read model.
import type { OrderSide, OrderStatus, OrderType } from '@orders/domain/order-types';
import type { OrderView } from './order-view.ts';

export type OrderFilter = {
  statuses?: readonly OrderStatus[] | undefined;
  side?: OrderSide | undefined;
  type?: OrderType | undefined;
  instrument?: string | undefined;
  account_id?: string | undefined;
  /** Inclusive, milliseconds since 1970. */
  placedFromMs?: number | undefined;
  /** Exclusive, milliseconds since 1970. */
  placedToMs?: number | undefined;
};

/** The last order of a page: the next page holds what was placed before it. */
export type OrderCursor = { placedAtMs: number; id: string };

export type OrderPage = {
  orders: OrderView[];
  /** `null` on the last page. A page may be short, even empty, and yet have a next one: the search is bounded. */
  next: OrderCursor | null;
};

export type OrderQueries = {
  find: (orderId: string) => Promise<OrderView | null>;
  /** Newest first. `limit` is at most 500. */
  list: (filter: OrderFilter, limit: number, after: OrderCursor | null) => Promise<OrderPage>;
};
