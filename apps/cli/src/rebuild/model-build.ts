// One generation of the read model while it is built beside the live one: written as the projector writes, under a
// checkpoint of its own, by the holder of a lease that is renewed as long as the process lives. Ends live, or without a
// trace; what a process that was killed leaves behind, the next build removes.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPosition } from '@orders/order-store/order-store';
import type { Checkpoint } from '@orders/read-model/checkpoint';
import { scanIndex } from '@orders/read-model/index-scan';
import type { Keyspace } from '@orders/read-model/keys';
import { currentViewVersion, type OrderView } from '@orders/read-model/order-view';
import type { ViewChange } from '@orders/read-model/projection-commit';
import { type Builds, redisBuilds, type Switch } from '@orders/read-model/redis-builds';
import { readViews } from '@orders/read-model/redis-order-queries';
import { redisProjection } from '@orders/read-model/redis-projection';
import type { Redis } from 'ioredis';
import type { ViewStore } from '../verify/fold-log.ts';
import { askRedis, type ModelHome, NotDoneError } from '../verify/live-model.ts';
import type { ExpectedModel } from '../verify/order-judge.ts';
import { recentViews } from './recent-views.ts';

export type ModelBuild = {
  generation: string;
  views: ViewStore;
  expected: (position: LogPosition | null) => ExpectedModel;
  /** The log was folded up to there, though no event of an order need stand there. */
  reach: (position: LogPosition | null) => Promise<void>;
  /** Makes it the live one; `false` when the live checkpoint is not `live` any more. */
  goLive: (live: Checkpoint) => Promise<boolean>;
  /** Removes every generation but the live one and, if it is wanted, this one. */
  removeOthers: () => Promise<boolean>;
  /** Lets go of the lease; what was built is removed, unless it went live. */
  end: () => Promise<void>;
};

export type Lease = { ms: number; renewEveryMs: number };

/** Long enough for a process that the machine has forgotten for a while, short enough to wait for when it is dead. */
export const usualLease: Lease = { ms: 15_000, renewEveryMs: 3_000 };

const lookEveryMs = 250;

/** Throws {@link NotDoneError} while another build is alive. */
export async function startBuild(
  { redis, keys }: ModelHome,
  storeId: string,
  lease: Lease,
  signal: AbortSignal,
): Promise<ModelBuild> {
  const builds = redisBuilds(redis, keys);
  const generation = newGeneration();
  const start: Checkpoint = {
    storeId,
    viewVersion: currentViewVersion,
    phase: 'rebuilding',
    position: null,
    generation,
  };
  await claim(builds, start, lease.ms, signal);
  const renewing = setInterval(() => {
    // One that fails is followed by others, and in the end every commit tells whether the build is still ours.
    void builds.renew(generation, lease.ms).catch(() => undefined);
  }, lease.renewEveryMs);
  return buildOf(redis, keys, { builds, start, lease, stopRenewing: () => clearInterval(renewing) });
}

type Claimed = { builds: Builds; start: Checkpoint; lease: Lease; stopRenewing: () => void };

function buildOf(redis: Redis, keys: Keyspace, { builds, start, lease, stopRenewing }: Claimed): ModelBuild {
  const { generation } = start;
  const own = keys.of(generation);
  const projection = redisProjection(redis, keys, own.buildCheckpoint);
  let built = start;
  let isLive = false;

  async function save(changes: readonly ViewChange[], position: LogPosition | null): Promise<void> {
    const next: Checkpoint = { ...built, position };
    if (!(await askRedis(() => projection.commit({ previous: built, next, changes })))) throw lost();
    built = next;
  }

  async function goLive(live: Checkpoint): Promise<boolean> {
    const end: Switch = await askRedis(() => builds.switchTo(built, live));
    if (end === 'build lost') throw lost();
    isLive = end === 'switched';
    return isLive;
  }

  const loadViews = (ids: readonly string[]) => askRedis(() => projection.loadViews(ids, generation));
  return {
    generation,
    views: recentViews({ load: async (ids) => (ids.length === 0 ? new Map() : loadViews(ids)), save }),
    expected: (position) => ({
      position,
      pages: () => pagesOf(redis, own),
      find: loadViews,
      orders: () => askRedis(() => redis.zcard(own.allOrders)),
      sizes: (names) => askRedis(() => Promise.all(names.map((name) => redis.zcard(own.index(name))))),
    }),
    reach: (position) => save([], position),
    goLive,
    removeOthers: () => askRedis(() => builds.remove(generation, (other) => other !== generation)),
    end: async () => {
      stopRenewing();
      await builds.renew(generation, lease.ms).catch(() => undefined);
      if (!isLive) await builds.remove(generation, (other) => other === generation);
      await builds.release(generation);
    },
  };
}

async function* pagesOf(redis: Redis, own: Keyspace): AsyncGenerator<OrderView[]> {
  const all = { fromMs: '-inf', toMs: '+inf', after: null } as const;
  const pages = scanIndex(redis, own.allOrders, all, 'oldest-first');
  for (;;) {
    const { value: entries, done } = await askRedis(() => pages.next());
    if (done) return;
    const views = await askRedis(() => readViews(redis, own, entries));
    yield views.flatMap((view) => view ?? []);
  }
}

/** A lease that is renewed belongs to the living; one that is not is waited for. */
async function claim(builds: Builds, start: Checkpoint, leaseMs: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = Number.POSITIVE_INFINITY; ; ) {
    signal.throwIfAborted();
    const claimed = await askRedis(() => builds.claim(start, leaseMs));
    if (claimed.kind === 'claimed') return;
    if (claimed.leaseLeftMs > leftMs) throw new NotDoneError('another rebuild is under way');
    leftMs = claimed.leaseLeftMs;
    await sleep(Math.min(lookEveryMs, leftMs + 1));
  }
}

/** Later ones sort behind earlier ones. Short: it stands in the key of every order. */
const newGeneration = (): string => `${Date.now().toString(36)}${randomBytes(2).toString('hex')}`;

const lost = () => new NotDoneError('what was built so far is gone: another rebuild, or a projector, has removed it');
