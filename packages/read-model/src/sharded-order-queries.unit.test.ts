import { shardOf } from '@orders/order-store/order-shard';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderCursor, OrderQueries } from './order-queries.ts';
import type { OrderView } from './order-view.ts';
import { shardedOrderQueries } from './sharded-order-queries.ts';

type Placed = { id: string; placedAtMs: number; status: 'placed' | 'submitted' };

const newestFirst = (a: OrderCursor, b: OrderCursor) =>
  b.placedAtMs - a.placedAtMs || Number(b.id > a.id) - Number(b.id < a.id);

const view = ({ id, placedAtMs, status }: Placed) =>
  ({ id, created_at: new Date(placedAtMs).toISOString(), status }) as OrderView;

/** As the one over Redis: newest first, and a search that ends after a few orders, found or not. */
function shard(orders: readonly Placed[], searchMax: number): OrderQueries {
  const sorted = orders.toSorted(newestFirst);
  return {
    find: async (id) => sorted.filter((order) => order.id === id).map(view)[0] ?? null,
    list: async ({ statuses }, limit, after) => {
      const rest = sorted.filter((order) => after === null || newestFirst(after, order) < 0);
      const found: OrderView[] = [];
      for (const [index, order] of rest.entries()) {
        if (statuses === undefined || statuses.includes(order.status)) found.push(view(order));
        if (found.length === limit || index + 1 >= searchMax) return { orders: found, next: order };
      }
      return { orders: found, next: null };
    },
  };
}

async function listAll(queries: OrderQueries, statuses: Placed['status'][] | undefined, limit: number) {
  const ids: string[] = [];
  for (let after: OrderCursor | null = null, pages = 0; ; pages += 1) {
    const page = await queries.list({ statuses }, limit, after);
    expect(page.orders.length).toBeLessThanOrEqual(limit);
    ids.push(...page.orders.map(({ id }) => id));
    if (page.next === null) return ids;
    if (pages > 500) throw new Error('the list has no end');
    after = page.next;
  }
}

const someOrders = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    // Many of one moment, so that ids decide too.
    placedAtMs: fc.integer({ min: 0, max: 5 }),
    status: fc.constantFrom('placed' as const, 'submitted' as const),
  }),
  { maxLength: 60, selector: ({ id }) => id },
);

const split = (orders: readonly Placed[], of: 2 | 4, searchMax: number) =>
  Array.from({ length: of }, (_, index) =>
    shard(
      orders.filter(({ id }) => shardOf(id, of) === index),
      searchMax,
    ),
  );

describe('a list over several shards', () => {
  it('holds what a list over one would hold, in its order, however it is cut into pages', () =>
    fc.assert(
      fc.asyncProperty(
        someOrders,
        fc.constantFrom(2 as const, 4 as const),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom<Placed['status'][] | undefined>(undefined, ['placed']),
        async (orders, of, limit, searchMax, statuses) => {
          const wanted = orders.filter(({ status }) => statuses === undefined || statuses.includes(status));
          const queries = shardedOrderQueries(split(orders, of, searchMax));
          expect(await listAll(queries, statuses, limit)).toEqual(wanted.toSorted(newestFirst).map(({ id }) => id));
        },
      ),
      { numRuns: 500 },
    ));
});

describe('a question for one order', () => {
  it('goes to its shard', () =>
    fc.assert(
      fc.asyncProperty(someOrders, async (orders) => {
        const queries = shardedOrderQueries(split(orders, 4, 5));
        for (const { id } of orders) expect((await queries.find(id))?.id).toBe(id);
        expect(await queries.find('unknown')).toBeNull();
      }),
    ));
});

it('one shard is asked itself', () => {
  const only = shard([], 1);
  expect(shardedOrderQueries([only])).toBe(only);
});
