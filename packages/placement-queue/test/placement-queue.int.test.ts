import { randomUUID } from 'node:crypto';
import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Queue, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  enqueuePlacements,
  ensureQueued,
  type PlacementJob,
  placementJobId,
  placementQueueName,
  placementQueueOptions,
  placementWorkerOptions,
} from '../src/placement-queue.ts';
import { queueRoom } from '../src/queue-room.ts';

let redis: Redis;
let queue: Queue<PlacementJob>;
let prefix: string;

beforeEach(() => {
  prefix = `{test-${randomUUID()}}`;
  redis = new Redis(testRedisUrl(), { maxRetriesPerRequest: null });
  queue = new Queue(placementQueueName, { ...placementQueueOptions(prefix), connection: redis });
});
afterEach(async () => {
  await queue.close();
  redis.disconnect();
});

const request = (orderId: string) => ({ orderId, redrives: 0 });

async function workUntil(run: (orderId: string) => Promise<string>, done: () => unknown) {
  const worker = new Worker<PlacementJob, string>(placementQueueName, ({ data }) => run(data.order_id), {
    ...placementWorkerOptions({ prefix, concurrency: 10, lockMs: 60_000 }),
    connection: redis,
  });
  await vi.waitFor(done, { timeout: 30_000 });
  await worker.close();
}

describe('enqueuePlacements', () => {
  it('makes one job an order, however often it is told', async () => {
    const requests = Array.from({ length: 600 }, (_, n) => request(`order-${n}`));
    await enqueuePlacements(queue, requests);
    await enqueuePlacements(queue, requests);
    expect(await queue.getJobCounts('waiting')).toEqual({ waiting: 600 });
    const job = await queue.getJob(placementJobId('order-7', 0));
    expect(job?.data).toEqual({ order_id: 'order-7' });
  });
});

describe('ensureQueued', () => {
  it('adds a job that the queue has lost', async () => {
    expect(await ensureQueued(queue, request('a'))).toBe('added');
    expect(await queue.getJobState(placementJobId('a', 0))).toBe('waiting');
  });

  it('leaves a job alone that waits for its turn', async () => {
    await enqueuePlacements(queue, [request('a')]);
    expect(await ensureQueued(queue, request('a'))).toBe('left');
    expect(await queue.getJobCounts('waiting')).toEqual({ waiting: 1 });
  });

  it.each(['failed', 'completed'] as const)('brings back a job that is %s, although its id is taken', async (state) => {
    await enqueuePlacements(queue, [request('a')]);
    const jobId = placementJobId('a', 0);
    const end = async () => {
      if (state === 'failed') throw new UnrecoverableError('given up');
      return 'done';
    };
    await workUntil(end, async () => expect(await queue.getJobState(jobId)).toBe(state));
    expect(await ensureQueued(queue, request('a'))).toBe('retried');
    let ran = 0;
    const again = async () => {
      ran += 1;
      return 'done';
    };
    await workUntil(again, async () => expect(await queue.getJobState(jobId)).toBe('completed'));
    expect(ran).toBe(1);
  });
});

describe('a queue that is full', () => {
  it('takes no more jobs, until there is room again', async () => {
    let now = 0;
    const { enqueue, ensureQueued: ensure } = queueRoom({ queue, jobsMax: 10, nowMs: () => now });
    expect(await enqueue([])).toBe(true);
    expect(await enqueue(Array.from({ length: 12 }, (_, n) => request(`a-${n}`)))).toBe(true);
    expect(await enqueue([request('b')])).toBe(false);
    expect(await ensure(request('b'))).toBe('full');
    expect(await ensure(request('a-3'))).toBe('left');
    expect(await queue.getJobCounts('waiting')).toEqual({ waiting: 12 });
    for (const n of [0, 1, 2, 3]) await queue.remove(placementJobId(`a-${n}`, 0));
    now += 1_000;
    expect(await ensure(request('b'))).toBe('added');
    expect(await enqueue([request('c')])).toBe(true);
    // Nothing was counted since: what was added is known.
    expect(await ensure(request('d'))).toBe('full');
  });
});

describe('a placement worker', () => {
  it('brings a job back that threw, until it ends', async () => {
    await enqueuePlacements(queue, [request('a')]);
    let runs = 0;
    const third = async () => {
      runs += 1;
      if (runs < 3) throw new Error('not yet');
      return 'done';
    };
    await workUntil(third, async () => expect(await queue.getJobState(placementJobId('a', 0))).toBe('completed'));
    expect(runs).toBe(3);
  });
});
