// A worker that holds calls back, beside one that does not, on one real queue.
import { randomUUID } from 'node:crypto';
import {
  enqueuePlacements,
  type PlacementJob,
  placementQueueName,
  placementQueueOptions,
  placementWorkerOptions,
} from '@orders/placement-queue/placement-queue';
import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Queue, RateLimitError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fetchPause } from '../src/fetch-pause.ts';

let redis: Redis;
let queue: Queue<PlacementJob>;
let prefix: string;
let workers: Worker<PlacementJob, string>[] = [];

beforeEach(() => {
  prefix = `{test-${randomUUID()}}`;
  redis = new Redis(testRedisUrl(), { maxRetriesPerRequest: null });
  queue = new Queue(placementQueueName, { ...placementQueueOptions(prefix), connection: redis });
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.close(true)));
  workers = [];
  await queue.close();
  redis.disconnect();
});

function work(run: (orderId: string) => Promise<string>) {
  const worker = new Worker<PlacementJob, string>(placementQueueName, ({ data }) => run(data.order_id), {
    ...placementWorkerOptions({ prefix, concurrency: 20, lockMs: 60_000 }),
    connection: redis,
  });
  workers.push(worker);
  return worker;
}

const requests = Array.from({ length: 200 }, (_, n) => ({ orderId: `order-${n}`, redrives: 0 }));
const completed = async (count: number) =>
  vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(count), { timeout: 30_000 });

it('leaves the jobs to workers that can reach the exchange', async () => {
  let refused = 0;
  const isolated: Worker<PlacementJob, string> = work(async () => {
    refused += 1;
    await pause();
    throw new RateLimitError();
  });
  const pause = fetchPause(() => isolated);
  await isolated.waitUntilReady();
  await enqueuePlacements(queue, requests);
  await vi.waitFor(() => expect(refused).toBeGreaterThan(0), { timeout: 30_000 });
  const done: string[] = [];
  work(async (orderId) => {
    done.push(orderId);
    return 'done';
  });
  await completed(requests.length);
  expect(done).toHaveLength(requests.length);
});

it('goes on fetching once calls are let through again, and loses no job', async () => {
  let isOpen = true;
  const worker: Worker<PlacementJob, string> = work(async () => {
    if (!isOpen) return 'done';
    await pause();
    throw new RateLimitError();
  });
  let pauses = 0;
  const pauseOnce = fetchPause(() => worker);
  const pause = async () => {
    pauses += 1;
    await pauseOnce();
  };
  await enqueuePlacements(queue, requests);
  await vi.waitFor(() => expect(pauses).toBeGreaterThan(30), { timeout: 30_000 });
  isOpen = false;
  await completed(requests.length);
});
