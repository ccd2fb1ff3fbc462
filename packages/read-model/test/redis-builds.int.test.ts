// Of two builds that both believe to be alone, one may go live, and only with all that it has written.
import { randomUUID } from 'node:crypto';
import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../src/checkpoint.ts';
import { type Keyspace, keyspace } from '../src/keys.ts';
import { lookAtOrders } from '../src/model-indexes.ts';
import type { OrderView } from '../src/order-view.ts';
import { type Builds, redisBuilds } from '../src/redis-builds.ts';
import { redisOrderQueries } from '../src/redis-order-queries.ts';
import { redisProjection } from '../src/redis-projection.ts';

let redis: Redis;
let keys: Keyspace;
let builds: Builds;

const live: Checkpoint = { storeId: 's', viewVersion: 3, phase: 'live', position: null, generation: '' };
const start = (generation: string): Checkpoint => ({ ...live, phase: 'rebuilding', generation });
const view = { id: 'order-1', status: 'placed', created_at: '2026-01-02T03:04:05.678Z', revision: 0 } as OrderView;
const change = {
  id: view.id,
  before: null,
  after: { ...view, account_id: 'a', instrument: 'i', in_doubt_since: null },
};
const leaseMs = 60_000;

beforeAll(() => {
  redis = new Redis(testRedisUrl());
});
afterAll(() => redis.disconnect());
beforeEach(async () => {
  keys = keyspace(`test-${randomUUID().slice(0, 20)}`);
  builds = redisBuilds(redis, keys);
  await redisProjection(redis, keys).commit({ previous: null, next: live, changes: [change] });
});

const write = (generation: string) =>
  redisProjection(redis, keys, keys.of(generation).buildCheckpoint).commit({
    ...{ previous: start(generation), next: start(generation), changes: [change] },
  });
const keysOf = (generation: string) => redis.keys(`${keys.prefix}:g:${generation}:*`);

describe('a build of the read model', () => {
  it('has a lease that nobody else gets, until it is let go', async () => {
    expect(await builds.claim(start('a'), leaseMs)).toEqual({ kind: 'claimed' });
    expect(await builds.claim(start('b'), leaseMs)).toMatchObject({ kind: 'taken' });
    expect(await keysOf('b')).toEqual([]);
    expect(await builds.renew('b', leaseMs)).toBe(false);
    await builds.release('b');
    expect(await builds.renew('a', leaseMs)).toBe(true);
    await builds.release('a');
    expect(await builds.claim(start('b'), leaseMs)).toEqual({ kind: 'claimed' });
  });

  it('adds nothing any more, and cannot go live, once another one has taken over', async () => {
    await builds.claim(start('a'), leaseMs);
    expect(await write('a')).toBe(true);
    await redis.del(keys.buildLease);
    await builds.claim(start('b'), leaseMs);
    expect(await builds.switchTo(start('a'), live)).toBe('build lost');
    expect(await builds.remove('a', () => true)).toBe(false);
    expect(await builds.remove('b', (generation) => generation !== 'b')).toBe(true);
    expect(await keysOf('a')).toEqual([]);
    expect(await write('a')).toBe(false);
    expect(await redisProjection(redis, keys).readCheckpoint()).toEqual(live);
  });

  it('does not go live in place of a read model that has moved', async () => {
    await builds.claim(start('a'), leaseMs);
    const moved = { ...live, position: { commit: 7n, prepare: 7n } };
    expect(await builds.switchTo(start('a'), moved)).toBe('live checkpoint moved');
    expect(await builds.switchTo(start('a'), live)).toBe('switched');
    expect(await builds.switchTo(start('a'), live)).toBe('build lost');
  });

  it('is what readers find as soon as it is live, and what stays when the others are removed', async () => {
    const queries = redisOrderQueries(redis, keys);
    expect(await queries.find(view.id)).toMatchObject(view);
    await builds.claim(start('a'), leaseMs);
    await write('a');
    await redis.del(keys.view(view.id));
    expect(await queries.find(view.id)).toBeNull();
    await builds.switchTo(start('a'), live);
    expect(await queries.find(view.id)).toMatchObject(view);
    expect((await queries.list({}, 10, null)).orders).toHaveLength(1);
    expect(await builds.remove('a', () => true)).toBe(true);
    const left = await redis.keys(`${keys.prefix}:*`);
    expect(left.filter((key) => !key.startsWith(`${keys.prefix}:g:a:`)).sort()).toEqual(
      [keys.buildLease, keys.checkpoint].sort(),
    );
    expect(await queries.find(view.id)).toMatchObject(view);
  });

  it('is dropped with all other generations when a projector begins from nothing', async () => {
    await builds.claim(start('a'), leaseMs);
    await write('a');
    const projection = redisProjection(redis, keys);
    expect(await projection.clear(live)).toBe(true);
    expect(await redis.keys(`${keys.prefix}:*`)).toEqual([keys.buildLease]);
    expect(await write('a')).toBe(false);
  });
});

describe('a look at orders', () => {
  it('shows view and entries, and the checkpoint, of one moment', async () => {
    const at = Date.parse(view.created_at);
    const look = await lookAtOrders(redis, keys, [
      { id: view.id, indexes: ['account:a', 'account:b'] },
      { id: 'unknown', indexes: ['account:a'] },
    ]);
    expect(look.checkpoint).toEqual(live);
    expect(look.orders[0]).toMatchObject({ view, unreadable: null });
    expect([...(look.orders[0]?.entries ?? [])].sort()).toEqual([
      ['account:a', at],
      ['all', at],
      ['status:placed', at],
    ]);
    expect(look.orders[1]).toEqual({ view: null, unreadable: null, entries: new Map() });
  });
});
