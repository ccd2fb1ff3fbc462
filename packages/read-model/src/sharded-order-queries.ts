// Several read models as one, for readers: each holds the orders of its shard, so a question for one order goes to one
// of them, and a list is what all of them have, newest first.
import { type ShardCount, shardOf } from '@orders/order-store/order-shard';
import type { OrderCursor, OrderPage, OrderQueries } from './order-queries.ts';

const isNewer = (a: OrderCursor, b: OrderCursor): boolean =>
  a.placedAtMs > b.placedAtMs || (a.placedAtMs === b.placedAtMs && a.id > b.id);

/** `shards`: in the order of their indexes. */
export function shardedOrderQueries(shards: readonly OrderQueries[]): OrderQueries {
  const [first] = shards;
  if (first === undefined) throw new Error('no shards');
  if (shards.length === 1) return first;
  const count = shards.length as ShardCount;

  return {
    find: async (orderId) => (shards[shardOf(orderId, count)] ?? first).find(orderId),
    list: async (filter, limit, after) =>
      mergePages(await Promise.all(shards.map(({ list }) => list(filter, limit, after))), limit),
  };
}

/** Pages that begin behind the same order. */
export function mergePages(pages: readonly OrderPage[], limit: number): OrderPage {
  const ends = pages.flatMap(({ next }) => next ?? []);
  // Where the first search ended: behind that, a shard may hold orders that nobody has seen yet.
  const end = ends.length === 0 ? null : ends.reduce((newest, next) => (isNewer(next, newest) ? next : newest));
  const found = pages
    .flatMap(({ orders }) => orders.map((order) => ({ order, placed: placed(order) })))
    .filter((entry) => end === null || !isNewer(end, entry.placed))
    .sort((a, b) => (isNewer(a.placed, b.placed) ? -1 : 1));
  const orders = found.slice(0, limit);
  const last = orders.at(-1);
  return { orders: orders.map(({ order }) => order), next: found.length > limit && last ? last.placed : end };
}

const placed = ({ id, created_at }: { id: string; created_at: string }): OrderCursor => ({
  placedAtMs: Date.parse(created_at),
  id,
});
