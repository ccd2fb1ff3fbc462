import { randomUUID } from 'node:crypto';
import type { OrderStatus } from '@orders/domain/order-types';
import { failFast } from '@orders/redis/connection-profiles';
import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../src/checkpoint.ts';
import { type Keyspace, keyspace } from '../src/keys.ts';
import type { OrderCursor, OrderFilter } from '../src/order-queries.ts';
import type { OrderView } from '../src/order-view.ts';
import { countOrders, openOrders, ordersInDoubt } from '../src/redis-open-orders.ts';
import { redisOrderQueries } from '../src/redis-order-queries.ts';
import { redisProjection } from '../src/redis-projection.ts';

let redis: Redis;
let keys: Keyspace;

beforeAll(() => {
  redis = new Redis(testRedisUrl());
});
afterAll(() => redis.disconnect());
beforeEach(() => {
  keys = keyspace(`test-${randomUUID()}`);
});

const base = Date.parse('2026-01-02T03:04:05.000Z');
const view = (n: number, over: Partial<OrderView> = {}): OrderView => ({
  id: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
  account_id: 'default',
  created_at: new Date(base + n).toISOString(),
  type: 'market',
  side: n % 2 === 0 ? 'buy' : 'sell',
  instrument: 'DE0007164600',
  limit_price: null,
  quantity: 1,
  status: 'placed',
  attempts: 0,
  redrives: 0,
  exchange_order_id: null,
  submitted_at: null,
  failure: null,
  in_doubt_since: null,
  revision: 0,
  ...over,
});
const checkpoint = (commit: bigint): Checkpoint => ({
  storeId: 'store-1',
  viewVersion: 1,
  phase: 'live',
  position: { commit, prepare: commit },
  generation: '',
});

async function project(views: OrderView[]) {
  const projection = redisProjection(redis, keys);
  const previous = await projection.readCheckpoint();
  const next = checkpoint((previous?.position?.commit ?? 0n) + 1n);
  const known = await projection.loadViews(
    views.map(({ id }) => id),
    '',
  );
  const changes = views.map((after) => ({ id: after.id, before: known.get(after.id) ?? null, after }));
  expect(await projection.commit({ previous, next, changes })).toBe(true);
  return projection;
}

const added = (after: OrderView) => ({ id: after.id, before: null, after });

async function listAll(filter: OrderFilter, limit = 7): Promise<string[]> {
  const queries = redisOrderQueries(redis, keys);
  const ids: string[] = [];
  let after: OrderCursor | null = null;
  for (let pages = 0; pages < 1_000; pages += 1) {
    const page = await queries.list(filter, limit, after);
    ids.push(...page.orders.map(({ id }) => id));
    after = page.next;
    if (after === null) return ids;
  }
  throw new Error('the pages do not end');
}

describe('a commit of the projection', () => {
  it('moves views and checkpoint together', async () => {
    const projection = await project([view(1), view(2)]);
    expect(await projection.readCheckpoint()).toEqual(checkpoint(1n));
    expect(await redisOrderQueries(redis, keys).find(view(1).id)).toEqual(view(1));
    expect([...(await projection.loadViews([view(1).id, view(3).id], '')).keys()]).toEqual([view(1).id]);
  });

  it('writes nothing when the checkpoint is not where it was left', async () => {
    const projection = await project([view(1)]);
    for (const previous of [null, checkpoint(7n), { ...checkpoint(1n), storeId: 'store-2' }]) {
      expect(await projection.commit({ previous, next: checkpoint(9n), changes: [added(view(2))] })).toBe(false);
    }
    expect(await projection.readCheckpoint()).toEqual(checkpoint(1n));
    expect(await listAll({})).toEqual([view(1).id]);
  });

  it('writes nothing when a view is not what it was when it was read', async () => {
    const projection = await project([view(1)]);
    const commit = { previous: checkpoint(1n), next: checkpoint(9n) };
    const { id } = view(1);
    for (const read of [
      { id, before: view(1, { revision: 1 }), after: null },
      { id, before: view(1, { revision: 10 }), after: view(1, { revision: 11 }) },
      { id, before: null, after: null },
      { id: view(3).id, before: view(3), after: null },
    ]) {
      expect(await projection.commit({ ...commit, changes: [added(view(2)), read] })).toBe(false);
    }
    expect(await listAll({})).toEqual([id]);
    const asRead = [
      { id, before: view(1), after: null },
      { id: view(3).id, before: null, after: null },
    ];
    expect(await projection.commit({ ...commit, changes: [added(view(2)), ...asRead] })).toBe(true);
  });

  it('lets only one of two rivals through', async () => {
    const projection = await project([]);
    const rivals = [2n, 3n, 4n, 5n].map((to) =>
      projection.commit({ previous: checkpoint(1n), next: checkpoint(to), changes: [added(view(Number(to)))] }),
    );
    expect((await Promise.all(rivals)).filter(Boolean)).toHaveLength(1);
    expect(await listAll({})).toHaveLength(1);
  });

  it('writes as many views as a batch may hold, in one go', async () => {
    const many = Array.from({ length: 5_000 }, (_, n) => view(n));
    await project(many);
    await project(many.map((before) => ({ ...before, status: 'submitting', revision: 1 })));
    const { byStatus } = await countOrders(redis, keys);
    expect(byStatus).toMatchObject({ placed: 0, submitting: 5_000 });
    expect((await listAll({ account_id: 'default' }, 500)).length).toBe(5_000);
  });

  it('keeps an order in the index of its status only', async () => {
    const statuses: OrderStatus[] = ['placed', 'submitting', 'placed', 'submitting', 'in_doubt', 'submitted'];
    for (const [revision, status] of statuses.entries()) {
      await project([view(1, { revision, status })]);
      expect(await listAll({ statuses: [status] })).toEqual([view(1).id]);
    }
    const { byStatus } = await countOrders(redis, keys);
    expect(byStatus).toEqual({ placed: 0, submitting: 0, submitted: 1, failed: 0, in_doubt: 0 });
  });
});

describe('dropping the read model', () => {
  it('leaves no key behind', async () => {
    const projection = await project(Array.from({ length: 50 }, (_, n) => view(n)));
    expect(await projection.clear(checkpoint(1n))).toBe(true);
    expect(await redis.keys(`${keys.view('*').slice(0, -1)}*`)).toEqual([]);
    expect(await projection.readCheckpoint()).toBeNull();
    expect(await listAll({})).toEqual([]);
  });

  it('touches nothing when another projector has gone on meanwhile', async () => {
    const projection = await project([view(1)]);
    expect(await projection.clear(checkpoint(9n))).toBe(false);
    expect(await listAll({})).toEqual([view(1).id]);
  });
});

describe('a list of orders', () => {
  const instruments = ['DE0007164600', 'US0378331005'];
  const statuses: OrderStatus[] = ['placed', 'submitting', 'submitted', 'failed', 'in_doubt'];
  const many = Array.from({ length: 120 }, (_, n) =>
    view(n, {
      // Ten orders share each millisecond.
      created_at: new Date(base + Math.floor(n / 10)).toISOString(),
      instrument: instruments[n % 2] ?? '',
      account_id: n % 3 === 0 ? 'alpha' : 'beta',
      status: statuses[n % 5] ?? 'placed',
    }),
  );
  const expected = (keep: (v: OrderView) => boolean) =>
    many
      .filter(keep)
      .map(({ id }) => id)
      .reverse();

  beforeEach(() => project(many));

  it.each<[string, OrderFilter, (v: OrderView) => boolean]>([
    ['everything', {}, () => true],
    ['one status', { statuses: ['failed'] }, (v) => v.status === 'failed'],
    ['a set of statuses', { statuses: ['failed', 'placed'] }, (v) => ['failed', 'placed'].includes(v.status)],
    ['a side', { side: 'buy' }, (v) => v.side === 'buy'],
    ['an instrument', { instrument: 'US0378331005' }, (v) => v.instrument === 'US0378331005'],
    ['an account', { account_id: 'alpha' }, (v) => v.account_id === 'alpha'],
    ['another type', { type: 'limit' }, () => false],
    [
      'a span of time, from the first millisecond on, before the second',
      { placedFromMs: base + 3, placedToMs: base + 6 },
      (v) => Date.parse(v.created_at) >= base + 3 && Date.parse(v.created_at) < base + 6,
    ],
    [
      'all of it',
      { account_id: 'beta', statuses: ['placed', 'submitted'], side: 'buy', instrument: 'DE0007164600' },
      (v) => v.account_id === 'beta' && ['placed', 'submitted'].includes(v.status) && v.side === 'buy',
    ],
  ])('comes newest first, each order once, through all pages: %s', async (_name, filter, keep) => {
    expect(await listAll(filter, 7)).toEqual(expected(keep));
    expect(await listAll(filter, 500)).toEqual(expected(keep));
  });

  it('goes on where it was, whatever was placed meanwhile', async () => {
    const queries = redisOrderQueries(redis, keys);
    const first = await queries.list({}, 50, null);
    await project([view(1_000), view(1_001)]);
    const second = await queries.list({}, 500, first.next);
    expect([...first.orders, ...second.orders].map(({ id }) => id)).toEqual(expected(() => true));
  });
});

describe('a bounded search', () => {
  it('hands over a short page with a cursor instead of walking on without end', async () => {
    for (let start = 0; start < 6_000; start += 500) {
      await project(Array.from({ length: 500 }, (_, n) => view(start + n, { side: start + n === 0 ? 'sell' : 'buy' })));
    }
    const queries = redisOrderQueries(redis, keys);
    const first = await queries.list({ side: 'sell' }, 10, null);
    expect(first.orders).toEqual([]);
    expect(first.next).not.toBeNull();
    const second = await queries.list({ side: 'sell' }, 10, first.next);
    expect(second.orders.map(({ id }) => id)).toEqual([view(0).id]);
  });
});

describe('open orders', () => {
  it('come oldest first, without those that are settled or too young', async () => {
    const open: OrderStatus[] = ['placed', 'submitting'];
    const all = ['placed', 'submitting', 'submitted', 'failed', 'in_doubt'] as const;
    await project(Array.from({ length: 600 }, (_, n) => view(n, { status: all[n % 5] ?? 'placed' })));
    const ids: string[] = [];
    for await (const page of openOrders(redis, keys, base + 590)) ids.push(...page.map(({ id }) => id));
    const expected = Array.from({ length: 590 }, (_, n) => n).filter((n) => open.includes(all[n % 5] ?? 'failed'));
    expect(new Set(ids)).toEqual(new Set(expected.map((n) => view(n).id)));
    expect(ids).toHaveLength(expected.length);
  });

  it('are counted, and the age of the oldest is known', async () => {
    await project([view(5, { status: 'submitted' }), view(6, { status: 'submitting' }), view(7)]);
    const { byStatus, oldestOpenPlacedAtMs } = await countOrders(redis, keys);
    expect(byStatus).toMatchObject({ placed: 1, submitting: 1, submitted: 1 });
    expect(oldestOpenPlacedAtMs).toBe(base + 6);
  });

  it('are not counted, with one error and none that nobody waits for, while Redis is away', async () => {
    const away = new Redis({ ...failFast, host: '127.0.0.1', port: 1 });
    away.on('error', () => undefined);
    await expect(countOrders(away, keys)).rejects.toThrow();
    away.disconnect();
  });
});

describe('orders in doubt', () => {
  const doubted = (n: number, sinceMs: number, revision = 0) =>
    view(n, { status: 'in_doubt', in_doubt_since: new Date(base + sinceMs).toISOString(), revision });

  it('are found, and the longest of the doubts is known', async () => {
    await project([doubted(1, 9_000), doubted(2, 5_000), view(3)]);
    const ids: string[] = [];
    for await (const page of ordersInDoubt(redis, keys)) ids.push(...page.map(({ id }) => id));
    expect(ids).toEqual([view(1).id, view(2).id]);
    expect((await countOrders(redis, keys)).inDoubtSinceMs).toBe(base + 5_000);
  });

  it('are no longer counted once the doubt ended, by whatever', async () => {
    await project([doubted(1, 1_000), doubted(2, 2_000), doubted(3, 3_000)]);
    const ends: OrderStatus[] = ['submitted', 'failed', 'placed'];
    await project(ends.map((status, n) => view(n + 1, { status, revision: 1 })));
    expect((await countOrders(redis, keys)).inDoubtSinceMs).toBeNull();
    await project([doubted(2, 7_000, 2)]);
    expect((await countOrders(redis, keys)).inDoubtSinceMs).toBe(base + 7_000);
  });

  it('are forgotten with everything else that was derived', async () => {
    const projection = await project([doubted(1, 1_000)]);
    expect(await projection.clear(await projection.readCheckpoint())).toBe(true);
    expect(await redis.keys(`${keys.prefix}*`)).toEqual([]);
  });
});
