// The orders that are not settled yet: what the gateway still owes, or cannot say. Oldest first, for who has waited
// longest is first helped.
import { type OrderStatus, openStatuses, orderStatuses } from '@orders/domain/order-types';
import type { Redis } from 'ioredis';
import { type IndexRange, scanIndex } from './index-scan.ts';
import type { Keyspace } from './keys.ts';
import type { OrderView } from './order-view.ts';
import { readViews } from './redis-order-queries.ts';

/** Pages of open orders that were placed before a time (milliseconds since 1970, exclusive). */
export async function* openOrders(
  redis: Redis,
  keys: Keyspace,
  placedBeforeMs: number | null,
): AsyncGenerator<OrderView[], void, void> {
  const range = { fromMs: '-inf', toMs: placedBeforeMs === null ? '+inf' : placedBeforeMs - 1, after: null } as const;
  for (const status of openStatuses) yield* ordersOf(redis, keys, status, range, isOpen);
}

/** Pages of the orders in doubt, those that were placed first before the others. */
export const ordersInDoubt = (redis: Redis, keys: Keyspace): AsyncGenerator<OrderView[], void, void> =>
  ordersOf(redis, keys, 'in_doubt', { fromMs: '-inf', toMs: '+inf', after: null }, (status) => status === 'in_doubt');

async function* ordersOf(
  redis: Redis,
  keys: Keyspace,
  status: OrderStatus,
  range: IndexRange,
  isWanted: (status: OrderStatus) => boolean,
): AsyncGenerator<OrderView[], void, void> {
  for await (const entries of scanIndex(redis, keys.byStatus(status), range, 'oldest-first')) {
    const views = await readViews(redis, keys, entries);
    // Some have moved on since the index was read.
    const wanted = views.filter((view): view is OrderView => view !== null && isWanted(view.status));
    if (wanted.length > 0) yield wanted;
  }
}

export type OrderCounts = {
  byStatus: Record<OrderStatus, number>;
  /** When the oldest open order was placed, in milliseconds since 1970; `null` when none is open. */
  oldestOpenPlacedAtMs: number | null;
  /** Since when the longest of them is in doubt, in milliseconds since 1970; `null` when none is. */
  inDoubtSinceMs: number | null;
};

export async function countOrders(redis: Redis, keys: Keyspace): Promise<OrderCounts> {
  const [counts, oldest, [, doubt]] = await Promise.all([
    Promise.all(orderStatuses.map(async (status) => [status, await redis.zcard(keys.byStatus(status))] as const)),
    Promise.all(openStatuses.map((status) => redis.zrange(keys.byStatus(status), '0', '0', 'WITHSCORES'))),
    redis.zrange(keys.inDoubtSince, '0', '0', 'WITHSCORES'),
  ]);
  const byStatus = Object.fromEntries(counts) as Record<OrderStatus, number>;
  const scores = oldest.flatMap(([, score]) => (score === undefined ? [] : [Number(score)]));
  return {
    byStatus,
    oldestOpenPlacedAtMs: scores.length === 0 ? null : Math.min(...scores),
    inDoubtSinceMs: doubt === undefined ? null : Number(doubt),
  };
}

const isOpen = (status: OrderStatus): boolean => (openStatuses as readonly OrderStatus[]).includes(status);
