// `orders rebuild` beside a projector that works, while orders keep coming. What would break here loses orders: one that
// became open while the read model was switched, and that nobody enqueued, is never placed.
import { randomUUID } from 'node:crypto';
import { type Rebuilt, rebuildModel } from '@orders/cli/rebuild/rebuild-model';
import { verifyModel } from '@orders/cli/verify/verify-model';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import { allOrders } from '@orders/order-store/order-shard';
import { orderEventBatches } from '@orders/order-store/order-subscription';
import { identifyStore } from '@orders/order-store/store-identity';
import {
  enqueuePlacements,
  type PlacementJob,
  placementJobId,
  placementQueueName,
  placementQueueOptions,
} from '@orders/placement-queue/placement-queue';
import { projectorMetrics } from '@orders/projector/metrics';
import { initialState, runProjector } from '@orders/projector/projector';
import { type Keyspace, keyspace } from '@orders/read-model/keys';
import { liveKeys } from '@orders/read-model/live-keys';
import { openOrders } from '@orders/read-model/redis-open-orders';
import { redisOrderQueries } from '@orders/read-model/redis-order-queries';
import { redisProjection } from '@orders/read-model/redis-projection';
import { createLogger } from '@orders/telemetry/logger';
import { orderPlaced, orderSubmitted } from '@orders/test-kit/order-events';
import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type CountedEventStore, startCountedEventStore } from './counted-event-store.ts';

const limits = { tryTimeoutMs: 60_000, budgetMs: 60_000 };
const roundsMin = 3;
const ordersAtOnce = 20;

let eventStore: CountedEventStore;
let redis: Redis;
let keys: Keyspace;
let queue: Queue<PlacementJob>;
let metrics: ReturnType<typeof projectorMetrics>;
let stopProjector: () => Promise<void>;

beforeEach(async () => {
  eventStore = await startCountedEventStore();
  redis = new Redis(testRedisUrl(), { maxRetriesPerRequest: null });
  keys = keyspace(`test-${randomUUID().slice(0, 20)}`);
  queue = new Queue(placementQueueName, { ...placementQueueOptions(keys.prefix), connection: redis });
  metrics = projectorMetrics(new Registry());
  stopProjector = await startProjector();
});
afterEach(async () => {
  await stopProjector();
  await queue.close();
  redis.disconnect();
  await eventStore.stop();
});

async function startProjector(): Promise<() => Promise<void>> {
  const { connection } = eventStore;
  const state = initialState();
  const stopping = new AbortController();
  const deps = {
    identifyStore: () => identifyStore(connection.client()),
    subscribe: (from: Parameters<typeof orderEventBatches>[0]['from'], signal: AbortSignal) =>
      orderEventBatches({ client: connection.client(), from, batchMax: 50, idleMs: 50, signal }),
    projection: redisProjection(redis, keys),
    openOrders: (generation: string) => openOrders(redis, keys.of(generation), null),
    enqueue: (requests: Parameters<typeof enqueuePlacements>[1]) => enqueuePlacements(queue, requests),
    onEnded: connection.failed,
    metrics,
    log: createLogger('test', 'silent'),
  };
  const running = runProjector(deps, state, stopping.signal);
  await vi.waitFor(() => expect(state.following).toBe(true), { timeout: 30_000 });
  return async () => {
    stopping.abort();
    await running;
  };
}

/** Half of them are submitted at once. */
async function place(count: number): Promise<string[]> {
  const store = eventStoreOrderStore({ connection: eventStore.connection, limits });
  const ids = Array.from({ length: count }, () => randomUUID());
  await Promise.all(
    ids.map(async (orderId, n) => {
      const context = () => ({ correlationId: 'r', causationId: randomUUID() });
      const placed = orderPlaced(orderId, { placed_at: new Date().toISOString(), account_id: `account-${n % 3}` });
      await store.append({ orderId, expectedRevision: 'no_stream', events: [placed], context: context() });
      if (n % 2 === 0) return;
      await store.append({ orderId, expectedRevision: 0n, events: [orderSubmitted(orderId)], context: context() });
    }),
  );
  return ids;
}

const rebuild = (): Promise<Rebuilt> => rebuildModel({ ...deps(), force: false, graceMs: 50, lease });
const lease = { ms: 10_000, renewEveryMs: 1_000 };
const deps = () => ({
  client: eventStore.connection.client(),
  home: { redis, keys, shard: allOrders },
  onFolded: () => undefined,
  onCompared: () => undefined,
  signal: new AbortController().signal,
});

const projected = (count: number) =>
  vi.waitFor(async () => expect(await redis.zcard((await liveKeys(redis, keys)).allOrders)).toBe(count), {
    ...{ timeout: 50_000, interval: 20 },
  });

it('switches while orders keep coming, of which none is lost from sight, and none is without its job', async () => {
  const ids = await place(500);
  await projected(ids.length);
  const { find } = redisOrderQueries(redis, keys);
  const seen = new Set(ids);
  let reads = 0;

  let rebuilds = 0;
  let done = false;
  const rebuilding = (async () => {
    for (; rebuilds < roundsMin; rebuilds += 1) {
      expect((await rebuild()).differences.listed).toEqual([]);
    }
    done = true;
  })();
  const reading = (async () => {
    for (; !done; reads += 1) {
      const id = ids[reads % 500] ?? '';
      expect(await find(id)).toMatchObject({ id });
    }
  })();
  const placing = (async () => {
    while (!done) for (const id of await place(ordersAtOnce)) seen.add(id);
  })();
  await Promise.all([rebuilding, reading, placing]);

  expect(reads).toBeGreaterThan(100);
  await projected(seen.size);
  await vi.waitFor(async () => expect(await queue.getWaitingCount()).toBeGreaterThan(0), { timeout: 30_000 });
  for (const id of seen) {
    const view = await find(id);
    if (view?.status === 'placed') expect(await queue.getJobState(placementJobId(id, 0))).toBe('waiting');
  }
  // None of it made the projector begin from nothing.
  expect((await metrics.rebuilds.get()).values[0]?.value).toBe(1);
  const { differences } = await verifyModel(deps());
  expect(differences.listed).toEqual([]);
});
