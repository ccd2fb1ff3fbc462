import fc from 'fast-check';
import { v5 as uuidV5, v7 as uuidV7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { inShard, type OrderShard, shardCounts, shardOf, shardStreams } from './order-shard.ts';
import { orderStream } from './order-store.ts';

const severalShards = shardCounts.filter((of) => of > 1);
const shardsOf = (of: (typeof shardCounts)[number]): OrderShard[] =>
  Array.from({ length: of }, (_, index) => ({ index, of }));

const selects = (shard: OrderShard, stream: string): boolean => {
  const filter = shardStreams(shard);
  return 'regex' in filter ? new RegExp(filter.regex).test(stream) : filter.prefixes.some((p) => stream.startsWith(p));
};

describe.each(shardCounts)('%i shards', (of) => {
  const everyId = fc.oneof(fc.uuid(), fc.string({ unit: fc.constantFrom(...'0af9gAF-_ $.') }));

  it('give every order to exactly one of them', () =>
    fc.assert(
      fc.property(everyId, (id) => {
        expect(shardsOf(of).filter((shard) => inShard(id, shard))).toHaveLength(1);
      }),
    ));

  it('select in the event store the streams of their orders, and no others', () =>
    fc.assert(
      fc.property(everyId, (id) => {
        for (const shard of shardsOf(of)) expect(selects(shard, orderStream(id)), id).toBe(inShard(id, shard));
      }),
    ));

  it('select no stream that is not an order', () => {
    for (const stream of ['gateway-store_identity', '$stats-0', 'reorder-0', 'order', ''])
      expect(shardsOf(of).filter((shard) => selects(shard, stream))).toEqual([]);
  });
});

it.each(severalShards)('ids of both kinds spread evenly over %i shards', (of) => {
  const orders = 16_000;
  for (const newId of [() => uuidV7(), (n: number) => uuidV5(`key ${n}`, uuidV5.URL)]) {
    const counts = new Array<number>(of).fill(0);
    for (let n = 0; n < orders; n += 1) {
      const shard = shardOf(newId(n), of);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    // Six standard deviations: a fair spread fails once in hundreds of millions of runs.
    const deviation = Math.sqrt((orders / of) * (1 - 1 / of));
    for (const count of counts) expect(Math.abs(count - orders / of)).toBeLessThan(6 * deviation);
  }
});

it('halving the shards joins neighbours, and moves no order elsewhere', () =>
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      expect(shardOf(id, 4)).toBe(Math.floor(shardOf(id, 8) / 2));
      expect(shardOf(id, 1)).toBe(0);
    }),
  ));
