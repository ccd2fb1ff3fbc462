// Parts of all orders that are worked on apart from each other: each has a subscription, a read model and a queue of
// its own, and may have a Redis, a projector and workers of its own. An order belongs to the part that the last digit
// of its id names: ids are UUIDs of versions 7 and 5, whose ends are random or a hash, and the event store can select
// by it.
import { orderStreamPrefix } from './order-store.ts';

/** As many parts as divide sixteen digits evenly. */
export const shardCounts = [1, 2, 4, 8, 16] as const;
export type ShardCount = (typeof shardCounts)[number];

export type OrderShard = { index: number; of: ShardCount };

export const allOrders: OrderShard = { index: 0, of: 1 };

const digits = '0123456789abcdef';

/** The index of the shard. The gateway gives no id that ends in no digit; such a one belongs to the first shard. */
export const shardOf = (orderId: string, of: ShardCount): number =>
  Math.floor((Math.max(0, digits.indexOf(orderId.at(-1) ?? '0')) * of) / digits.length);

export const inShard = (orderId: string, { index, of }: OrderShard): boolean => shardOf(orderId, of) === index;

/**
 * Selects the streams of a shard's orders among all streams; in the dialects of .NET, for the real event store, and of
 * JavaScript, for the embedded one.
 */
export function shardStreams({ index, of }: OrderShard): { prefixes: string[] } | { regex: string } {
  if (of === 1) return { prefixes: [orderStreamPrefix] };
  const width = digits.length / of;
  const own = digits.slice(index * width, (index + 1) * width);
  return {
    regex: index === 0 ? `^${orderStreamPrefix}(.*[^${digits.slice(width)}])?$` : `^${orderStreamPrefix}.*[${own}]$`,
  };
}
