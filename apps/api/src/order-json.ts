// Orders as the HTTP contract shows them. The one place where a price becomes a JSON number.
import { limitPriceNumber } from '@orders/domain/limit-price';
import type { OrderPlaced } from '@orders/domain/order-types';
import type { OrderView } from '@orders/read-model/order-view';
import type { Order, PlacedOrder } from './schemas/answers.ts';

export function placedOrderJson(placed: OrderPlaced['data']): PlacedOrder {
  const { order_id: id, placed_at: created_at, type, side, instrument, limit_price, quantity } = placed;
  return { id, created_at, type, side, instrument, limit_price: priceJson(limit_price), quantity, status: 'placed' };
}

export function orderJson(view: OrderView): Order {
  // A view of the first version has no such field, until the projector has built it again.
  const in_doubt_since = view.in_doubt_since ?? null;
  return { ...view, in_doubt_since, limit_price: priceJson(view.limit_price) };
}

const priceJson = (price: string | null): number | null => (price === null ? null : limitPriceNumber(price));
