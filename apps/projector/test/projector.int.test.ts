// The projector on a real event store, Redis and queue. What breaks here loses orders: an order whose event is behind
// the checkpoint must have had its job.
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { connectEventStore, type EventStoreConnection } from '@orders/order-store/event-store-connection';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import { type ExpectedRevision, type OrderStore, orderStream } from '@orders/order-store/order-store';
import { orderEventBatches } from '@orders/order-store/order-subscription';
import { identifyStore } from '@orders/order-store/store-identity';
import {
  enqueuePlacements,
  ensureQueued,
  type PlacementJob,
  placementJobId,
  placementQueueName,
  placementQueueOptions,
} from '@orders/placement-queue/placement-queue';
import { type Keyspace, keyspace } from '@orders/read-model/keys';
import { openOrders } from '@orders/read-model/redis-open-orders';
import { redisOrderQueries } from '@orders/read-model/redis-order-queries';
import { redisProjection } from '@orders/read-model/redis-projection';
import { createLogger } from '@orders/telemetry/logger';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { orderPlaced, orderSubmitted } from '@orders/test-kit/order-events';
import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { v7 as uuidV7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { projectorMetrics } from '../src/metrics.ts';
import { initialState, type ProjectorDeps, runProjector } from '../src/projector.ts';
import { createSweeper } from '../src/sweeper.ts';

const log = createLogger('test', 'silent');
let embedded: TestEventStore;
let connection: EventStoreConnection;
let store: OrderStore;
let redis: Redis;
let queue: Queue<PlacementJob>;
let keys: Keyspace;
let running: { stop: () => Promise<void> }[] = [];

beforeEach(async () => {
  embedded = await startTestEventStore();
  connection = connectEventStore({
    createClient: () => EventStoreDBClient.connectionString(embedded.url),
    onReplaced: () => undefined,
  });
  store = eventStoreOrderStore({ connection, limits: { tryTimeoutMs: 2_000, budgetMs: 20_000 } });
  keys = keyspace(`test-${randomUUID().slice(0, 20)}`);
  redis = new Redis(testRedisUrl(), { maxRetriesPerRequest: null });
  queue = new Queue(placementQueueName, { ...placementQueueOptions(keys.prefix), connection: redis });
});
afterEach(async () => {
  await Promise.all(running.map(({ stop }) => stop()));
  running = [];
  await queue.close();
  redis.disconnect();
  await connection.close();
  await embedded.stop();
});

function start(over: Partial<ProjectorDeps> = {}) {
  const state = initialState();
  const stopping = new AbortController();
  const metrics = projectorMetrics(new Registry());
  const deps: ProjectorDeps = {
    identifyStore: () => identifyStore(connection.client()),
    subscribe: (from, signal) =>
      orderEventBatches({ client: connection.client(), from, batchMax: 50, idleMs: 100, signal }),
    projection: redisProjection(redis, keys),
    openOrders: () => openOrders(redis, keys, null),
    enqueue: (requests) => enqueuePlacements(queue, requests),
    onEnded: connection.failed,
    metrics,
    log,
    ...over,
  };
  const ended = runProjector(deps, state, stopping.signal);
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  running.push({ stop });
  return { state, stop, metrics };
}

const eventually = (assertion: () => unknown) => vi.waitFor(assertion, { timeout: 30_000, interval: 20 });
const waitingJobs = () => queue.getWaitingCount();
const viewOf = (id: string) => redisOrderQueries(redis, keys).find(id);

function append(orderId: string, expectedRevision: ExpectedRevision, ...events: OrderEvent[]) {
  const context = { correlationId: 'r', causationId: randomUUID() };
  return store.append({ orderId, expectedRevision, events, context });
}

async function place(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => uuidV7());
  await Promise.all(ids.map((id) => append(id, 'no_stream', orderPlaced(id, { placed_at: new Date().toISOString() }))));
  return ids;
}

const submit = (id: string) => append(id, 0n, orderSubmitted(id, new Date().toISOString()));

async function expectProjected(ids: string[]) {
  await eventually(async () => {
    expect(await redis.zcard(keys.allOrders)).toBe(ids.length);
    expect(await waitingJobs()).toBe(ids.length);
  });
  for (const id of ids) expect(await queue.getJobState(placementJobId(id, 0))).toBe('waiting');
}

describe('the projector', () => {
  it('shows each order and enqueues its placement, once', async () => {
    const before = await place(30);
    start();
    await expectProjected(before);
    const after = await place(120);
    await expectProjected([...before, ...after]);
    expect(await viewOf(after[0] ?? '')).toMatchObject({ status: 'placed', revision: 0 });
  });

  it('goes on from its checkpoint after a restart', async () => {
    const first = start();
    const before = await place(10);
    await expectProjected(before);
    await first.stop();
    const meanwhile = await place(10);
    const second = start();
    await expectProjected([...before, ...meanwhile]);
    expect(await second.metrics.projectedEvents.get()).toMatchObject({ values: [{ value: 10 }] });
  });

  it('builds a lost read model again, and enqueues only what is still open', async () => {
    const settled = await place(40);
    await Promise.all(settled.map(submit));
    const open = await place(5);
    start();
    await eventually(async () => expect(await redis.zcard(keys.byStatus('submitted'))).toBe(40));
    await eventually(async () => expect(await waitingJobs()).toBe(5));
    for (const id of open) expect(await queue.getJobState(placementJobId(id, 0))).toBe('waiting');
  });

  it('notices on its own, without any event, that Redis lost everything', async () => {
    const { metrics } = start();
    const ids = await place(20);
    await expectProjected(ids);
    await wipe();
    await expectProjected(ids);
    expect((await metrics.rebuilds.get()).values[0]?.value).toBe(2);
  });

  it('builds views of another version again', async () => {
    const ids = await place(3);
    // As the first version left it.
    await redis.set(keys.checkpoint, JSON.stringify([await identifyStore(connection.client()), 'live', null]));
    const { metrics } = start();
    await expectProjected(ids);
    expect((await metrics.rebuilds.get()).values[0]?.value).toBe(1);
  });

  it('shows the view again as it was before the loss', async () => {
    start();
    const [id = ''] = await place(1);
    await submit(id);
    await eventually(async () => expect(await viewOf(id)).toMatchObject({ status: 'submitted' }));
    const before = await viewOf(id);
    await wipe();
    await eventually(async () => expect(await viewOf(id)).toEqual(before));
  });

  it('survives the loss of its event store connection', async () => {
    start();
    const before = await place(5);
    await expectProjected(before);
    const { port } = embedded;
    await embedded.stop();
    embedded = await startTestEventStore(port);
    // It is another store now, empty: what was derived from the first one is dropped with it.
    const after = await place(5);
    await eventually(async () => expect(await viewOf(after[0] ?? '')).not.toBeNull());
    await eventually(async () => expect(await redis.zcard(keys.allOrders)).toBe(5));
    expect(await viewOf(before[0] ?? '')).toBeNull();
  });

  it('gives a new store its name although its client once failed to discover one', async () => {
    // Appends of such a client fail for ever, although its reads recover: without another client nothing would follow.
    const { port } = embedded;
    const discovered = connectEventStore({
      createClient: () =>
        EventStoreDBClient.connectionString(`esdb+discover://127.0.0.1:${port}?tls=false&maxDiscoverAttempts=1`),
      onReplaced: () => undefined,
    });
    await embedded.stop();
    const append = discovered.client().appendToStream('anything', []);
    await expect(append).rejects.toThrow('Failed to discover');
    embedded = await startTestEventStore(port);
    start({
      identifyStore: () => identifyStore(discovered.client()),
      subscribe: (from, signal) =>
        orderEventBatches({ client: discovered.client(), from, batchMax: 50, idleMs: 100, signal }),
      onEnded: discovered.failed,
    });
    await expectProjected(await place(5));
    await Promise.all(running.splice(0).map(({ stop }) => stop()));
    await discovered.close();
  });

  it('does not move its checkpoint past orders that could not be enqueued', async () => {
    let refused = 0;
    const { stop } = start({
      enqueue: async (requests) => {
        if (requests.length > 0 && refused < 3) {
          refused += 1;
          throw new Error('Redis has no memory left');
        }
        await enqueuePlacements(queue, requests);
      },
    });
    const ids = await place(10);
    await expectProjected(ids);
    expect(refused).toBe(3);
    await stop();
  });

  it('is not disturbed by a second one, nor disturbs it', async () => {
    const both = [start(), start()];
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push(...(await place(20)));
    await expectProjected(ids);
    await both[0]?.stop();
    ids.push(...(await place(20)));
    await expectProjected(ids);
  });

  it('lets one that is at work alone, and takes over when that ends', async () => {
    const [one, other] = [start(), start()];
    const ids = await place(20);
    await expectProjected(ids);
    const sum = async (name: 'projectedEvents' | 'resubscriptions') => {
      const [a, b] = await Promise.all([one, other].map(({ metrics }) => metrics[name].get()));
      return (a?.values[0]?.value ?? 0) + (b?.values[0]?.value ?? 0);
    };
    const placing = { on: true };
    const traffic = (async () => {
      while (placing.on) ids.push(...(await place(1)));
    })();
    await eventually(async () => expect(await sum('projectedEvents')).toBeGreaterThan(1_500));
    // Two that take turns lose about every second batch to each other.
    expect(await sum('resubscriptions')).toBeLessThan(10);
    for (const { state } of [one, other]) expect(state.inStepAtMs).not.toBeNull();
    await (one.state.following ? one : other).stop();
    placing.on = false;
    await traffic;
    await expectProjected(ids);
  });

  it('passes over an event that it cannot read, and counts it', async () => {
    const { metrics } = start();
    const [id = ''] = await place(1);
    const teleported = jsonEvent({ type: 'OrderTeleported', data: {} });
    await connection.client().appendToStream(orderStream(id), teleported);
    const after = await place(1);
    await expectProjected([id, ...after]);
    const seen = (await metrics.anomalies.get()).values.filter(({ value }) => value > 0);
    expect(seen).toMatchObject([{ labels: { kind: 'unreadable' }, value: 1 }]);
  });

  it('ends at once when it is told to, even without an event store', async () => {
    await embedded.stop();
    const { stop } = start();
    await stop();
    embedded = await startTestEventStore();
  });
});

describe('the sweeper', () => {
  it('brings back what the queue lost, and leaves alone what it has', async () => {
    start();
    const ids = await place(6);
    await expectProjected(ids);
    const [lost = '', kept = ''] = ids;
    await queue.remove(placementJobId(lost, 0));
    const swept: string[] = [];
    const sweep = createSweeper({
      orders: () => openOrders(redis, keys, Date.now() + 45_000),
      ensureQueued: (request) => ensureQueued(queue, request),
      onSwept: (result) => swept.push(result),
    });
    expect(await sweep()).toBe(6);
    expect(swept.sort()).toEqual(['added', 'left', 'left', 'left', 'left', 'left']);
    expect(await queue.getJobState(placementJobId(lost, 0))).toBe('waiting');
    expect(await queue.getJobState(placementJobId(kept, 0))).toBe('waiting');
  });

  it('does not look at orders that are young', async () => {
    start();
    await expectProjected(await place(3));
    const sweep = createSweeper({
      orders: () => openOrders(redis, keys, Date.now() - 60_000),
      ensureQueued: (request) => ensureQueued(queue, request),
      onSwept: () => undefined,
    });
    expect(await sweep()).toBe(0);
  });
});

/** What FLUSHALL does to this gateway, without harming the other tests of this Redis. */
async function wipe() {
  const all = await redis.keys(`${keys.prefix}*`);
  await redis.unlink(...all);
}
