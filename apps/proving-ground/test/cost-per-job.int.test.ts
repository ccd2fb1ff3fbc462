// What a worker costs Redis for each job, as Redis itself counts it: one script, which finishes a job and fetches the
// next. All timers of BullMQ are out of the way, so that only jobs cost anything.
import { randomUUID } from 'node:crypto';
import { memoryOrderStore } from '@orders/order-store/memory-order-store';
import {
  enqueuePlacements,
  type PlacementJob,
  placementQueueName,
  placementQueueOptions,
  placementWorkerOptions,
} from '@orders/placement-queue/placement-queue';
import type { Exchange } from '@orders/stock-exchange/exchange';
import { createLogger } from '@orders/telemetry/logger';
import { orderPlaced } from '@orders/test-kit/order-events';
import { workerMetrics } from '@orders/worker/metrics';
import { placeOrder } from '@orders/worker/place-order';
import { placementProcessor } from '@orders/worker/placement-processor';
import { Queue, Worker } from 'bullmq';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { type CountedRedis, startCountedRedis } from './counted-redis.ts';

let countedRedis: CountedRedis;

beforeAll(async () => {
  countedRedis = await startCountedRedis();
});
afterAll(() => countedRedis.stop());

const anHourMs = 3_600_000;

const confirming: Exchange = {
  place: async ({ clientOrderId }) => ({ kind: 'confirmed', exchangeOrderId: `x-${clientOrderId}` }),
  query: null,
  repeatIsSafe: true,
  absenceProvenAfterMs: 0,
  unknownPolicy: 'retry',
};

function processorOver(store: ReturnType<typeof memoryOrderStore>) {
  const placement = {
    store,
    exchange: confirming,
    guard: async (step: Parameters<Parameters<typeof placeOrder>[0]['guard']>[0]) =>
      ({ called: true, outcome: await step(false), duringOutage: false }) as const,
    attemptsMax: 10,
    now: () => new Date(),
    newId: randomUUID,
    observe: { onAttempt: () => undefined, onQuery: () => undefined },
  };
  return placementProcessor({
    place: (orderId, job) => placeOrder(placement, orderId, job),
    pauseFetching: async () => undefined,
    metrics: workerMetrics(new Registry()),
    log: createLogger('test', 'silent'),
  });
}

/** A worker, one job at a time, that has run every script of its once, and now fetches nothing. */
async function startWorker() {
  const prefix = `{test-${randomUUID().slice(0, 20)}}`;
  const redis = await countedRedis.connect();
  const queue = new Queue<PlacementJob>(placementQueueName, { ...placementQueueOptions(prefix), connection: redis });
  const store = memoryOrderStore();
  const worker = new Worker<PlacementJob, string>(placementQueueName, processorOver(store), {
    ...placementWorkerOptions({ prefix, concurrency: 1, lockMs: anHourMs }),
    stalledInterval: anHourMs,
    drainDelay: anHourMs / 1_000,
    connection: redis,
  });
  let completed = 0;
  worker.on('completed', () => {
    completed += 1;
  });
  onTestFinished(async () => {
    await worker.close();
    await queue.close();
  });

  /** Puts so many new orders into the queue. */
  async function enqueue(count: number): Promise<void> {
    const requests = [];
    for (let n = 0; n < count; n += 1) {
      const placed = orderPlaced(randomUUID());
      const orderId = placed.data.order_id;
      const context = { correlationId: 'r', causationId: orderId };
      await store.append({ orderId, expectedRevision: 'no_stream', events: [placed], context });
      requests.push({ orderId, redrives: 0, placed: { data: placed.data, correlation_id: 'r' } });
    }
    await enqueuePlacements(queue, requests);
  }

  /** All that was enqueued is done, and the worker waits for the next job. Asks Redis for nothing that counts. */
  const drained = (total: number) =>
    vi.waitFor(
      async () => {
        expect(completed).toBe(total);
        expect(await countedRedis.blockedClients()).toBe(1);
      },
      { timeout: 50_000, interval: 20 },
    );
  return { worker, enqueue, drained };
}

it.each([1, 10, 100])('a worker sends one script for each of %i jobs, and three beside them', async (count) => {
  const { worker, enqueue, drained } = await startWorker();
  const warmUp = 3;
  await enqueue(warmUp);
  await drained(warmUp);
  await worker.pause();
  await enqueue(count);
  await countedRedis.reset();
  void worker.resume();
  await drained(warmUp + count);
  // How often it blocks for want of jobs is BullMQ's affair.
  const { evalsha, bzpopmin, ...inside } = await countedRedis.calls();
  const commandsInside = Object.values(inside).reduce((sum, calls) => sum + calls, 0);
  // Beside the jobs: the look for stalled ones, the first fetch, and the one that finds the queue empty.
  expect({ evalsha, commandsInside }).toEqual({ evalsha: count + 3, commandsInside: 26 * count + 17 });
});
