// What one order costs the event store and the exchange, as counts: they are the same on every machine, so that a read
// or a write too many is found the day it is written, and not by a benchmark that had a bad day.
import { randomUUID } from 'node:crypto';
import { buildServer } from '@orders/api/server';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import { orderEventBatches } from '@orders/order-store/order-subscription';
import { identifyStore } from '@orders/order-store/store-identity';
import {
  type PlacementJob,
  placementQueueName,
  placementQueueOptions,
  placementWorkerOptions,
} from '@orders/placement-queue/placement-queue';
import { queueRoom } from '@orders/placement-queue/queue-room';
import { projectorMetrics } from '@orders/projector/metrics';
import { initialState, runProjector } from '@orders/projector/projector';
import { type Keyspace, keyspace } from '@orders/read-model/keys';
import { openOrders } from '@orders/read-model/redis-open-orders';
import { redisOrderQueries } from '@orders/read-model/redis-order-queries';
import { redisProjection } from '@orders/read-model/redis-projection';
import type { Exchange, PlacementOutcome } from '@orders/stock-exchange/exchange';
import { createLogger } from '@orders/telemetry/logger';
import { breakerLimits, exchangeBreaker } from '@orders/worker/exchange-breaker';
import { placementObserver, workerMetrics } from '@orders/worker/metrics';
import { placeOrder } from '@orders/worker/place-order';
import { placementProcessor } from '@orders/worker/placement-processor';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CountedEventStore, startCountedEventStore } from './counted-event-store.ts';
import { type CountedRedis, startCountedRedis } from './counted-redis.ts';

const log = createLogger('test', 'silent');
// Patient: nothing is tried again, or turned away, because the machine is busy.
const limits = { tryTimeoutMs: 60_000, budgetMs: 60_000 };
const shedding = { waitMs: 60_000, loopDelayMs: 60_000, appendsMax: 1_000 };
const marketOrder = { type: 'market', side: 'sell', instrument: 'DE0007164600', quantity: 5 };

let countedRedis: CountedRedis;
let redis: Redis;
let eventStore: CountedEventStore;
let keys: Keyspace;
let stops: (() => unknown)[] = [];

beforeAll(async () => {
  countedRedis = await startCountedRedis();
  redis = await countedRedis.connect();
});
afterAll(() => countedRedis.stop());
beforeEach(async () => {
  eventStore = await startCountedEventStore();
  keys = keyspace(`test-${randomUUID().slice(0, 20)}`);
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  stops = [];
  await eventStore.stop();
});

const orderStore = () => eventStoreOrderStore({ connection: eventStore.connection, limits });

async function startApi() {
  const app = await buildServer({
    ...orderStore(),
    queries: redisOrderQueries(redis, keys),
    now: () => new Date(),
    newId: randomUUID,
    log,
    registry: new Registry(),
    checks: {},
    isStopping: () => false,
    shedding,
  });
  stops.push(() => app.close());
  return async (headers: Record<string, string> = {}) => {
    const answer = await app.inject({ method: 'POST', url: '/orders', payload: marketOrder, headers });
    expect(answer.statusCode).toBe(201);
    return answer.json<{ id: string }>().id;
  };
}

function openQueue(): Queue<PlacementJob> {
  const queue = new Queue<PlacementJob>(placementQueueName, {
    ...placementQueueOptions(keys.prefix),
    connection: redis,
  });
  stops.push(() => queue.close());
  return queue;
}

async function startProjector(queue: Queue<PlacementJob>): Promise<void> {
  const { connection } = eventStore;
  const state = initialState();
  const stopping = new AbortController();
  const room = queueRoom({ queue, jobsMax: 1_000, nowMs: Date.now });
  const running = runProjector(
    {
      identifyStore: () => identifyStore(connection.client()),
      subscribe: (from, signal) =>
        orderEventBatches({ client: connection.client(), from, batchMax: 500, idleMs: 100, signal }),
      projection: redisProjection(redis, keys),
      openOrders: () => openOrders(redis, keys, null),
      enqueue: async (requests) => {
        await room.enqueue(requests);
      },
      onEnded: connection.failed,
      metrics: projectorMetrics(new Registry()),
      log,
    },
    state,
    stopping.signal,
  );
  stops.push(async () => {
    stopping.abort();
    await running;
  });
  await eventually(() => expect(state.following).toBe(true));
}

/** Answers in the given order, and confirms whatever comes after that. Can be asked, so that questions would show. */
function countedExchange(answers: PlacementOutcome[] = []) {
  const calls = { placed: 0, asked: 0 };
  const exchange: Exchange = {
    place: async () => {
      calls.placed += 1;
      return answers.shift() ?? { kind: 'confirmed', exchangeOrderId: `x-${calls.placed}` };
    },
    query: async () => {
      calls.asked += 1;
      return { kind: 'absent' };
    },
    repeatIsSafe: true,
    absenceProvenAfterMs: 60_000,
    unknownPolicy: 'park',
  };
  return { exchange, calls };
}

function startWorker(exchange: Exchange): void {
  const metrics = workerMetrics(new Registry());
  const placement = {
    store: orderStore(),
    exchange,
    guard: exchangeBreaker(breakerLimits, () => undefined),
    attemptsMax: 10,
    now: () => new Date(),
    newId: randomUUID,
    observe: placementObserver(metrics),
  };
  const processor = placementProcessor({
    place: (orderId, job) => placeOrder(placement, orderId, job),
    pauseFetching: async () => undefined,
    metrics,
    log,
  });
  const worker = new Worker<PlacementJob, string>(placementQueueName, processor, {
    ...placementWorkerOptions({ prefix: keys.prefix, concurrency: 10, lockMs: 60_000 }),
    connection: redis,
  });
  stops.push(() => worker.close());
}

async function startPipeline(answers: PlacementOutcome[] = []) {
  const { exchange, calls } = countedExchange(answers);
  const post = await startApi();
  const queue = openQueue();
  await startProjector(queue);
  startWorker(exchange);
  eventStore.reset();
  return {
    calls,
    /** Places orders one after the other, and resolves once their views say that they are submitted. */
    submit: async (count: number): Promise<string[]> => {
      const ids: string[] = [];
      for (let n = 0; n < count; n += 1) ids.push(await post());
      const { find } = redisOrderQueries(redis, keys);
      await eventually(async () => {
        for (const id of ids) expect(await find(id)).toMatchObject({ status: 'submitted' });
        expect(await queue.getCompletedCount()).toBe(count);
      });
      return ids;
    },
  };
}

const eventually = (assertion: () => unknown) => vi.waitFor(assertion, { timeout: 50_000, interval: 20 });

describe('accepting an order', () => {
  it('costs one append of one event, no read, and not one command to Redis', async () => {
    const post = await startApi();
    await countedRedis.reset();
    const id = await post();
    expect(eventStore.counts()).toEqual({
      client: { appends: 1, streamReads: 0, logReads: 0 },
      server: { appends: 1, streamPages: 0, committedEvents: 1 },
    });
    expect(await countedRedis.calls()).toEqual({});
    expect(eventStore.eventTypes(id)).toEqual(['OrderPlaced']);
  });

  it('costs no more with an idempotency key, and a repeat one append that stores nothing and one read', async () => {
    const post = await startApi();
    await countedRedis.reset();
    const id = await post({ 'idempotency-key': 'k-1' });
    expect(eventStore.counts()).toEqual({
      client: { appends: 1, streamReads: 0, logReads: 0 },
      server: { appends: 1, streamPages: 0, committedEvents: 1 },
    });
    eventStore.reset();
    expect(await post({ 'idempotency-key': 'k-1' })).toBe(id);
    expect(eventStore.counts()).toEqual({
      client: { appends: 1, streamReads: 1, logReads: 0 },
      server: { appends: 1, streamPages: 2, committedEvents: 0 },
    });
    expect(await countedRedis.calls()).toEqual({});
  });
});

describe('an order on its way from the API to the exchange', () => {
  it.each([1, 20])('costs three events in three appends, no read, and one call (%i orders)', async (count) => {
    const { submit, calls } = await startPipeline();
    const ids = await submit(count);
    expect(eventStore.counts()).toEqual({
      client: { appends: 3 * count, streamReads: 0, logReads: 0 },
      server: { appends: 3 * count, streamPages: 0, committedEvents: 3 * count },
    });
    expect(calls).toEqual({ placed: count, asked: 0 });
    for (const id of ids)
      expect(eventStore.eventTypes(id)).toEqual(['OrderPlaced', 'SubmissionStarted', 'OrderSubmitted']);
  });

  it('costs one read of its stream, two events and one call more when it takes a second attempt', async () => {
    const { submit, calls } = await startPipeline([{ kind: 'not_placed', reason: 'no connection' }]);
    const [id = ''] = await submit(1);
    expect(eventStore.counts()).toEqual({
      client: { appends: 5, streamReads: 1, logReads: 0 },
      server: { appends: 5, streamPages: 2, committedEvents: 5 },
    });
    expect(calls).toEqual({ placed: 2, asked: 0 });
    const [attempt, end] = ['SubmissionStarted', 'OrderSubmitted'];
    expect(eventStore.eventTypes(id)).toEqual(['OrderPlaced', attempt, 'SubmissionAttemptFailed', attempt, end]);
  });
});
