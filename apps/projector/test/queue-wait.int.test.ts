import { randomUUID } from 'node:crypto';
import { type PlacementJob, placementQueueName, placementQueueOptions } from '@orders/placement-queue/placement-queue';
import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queueWaitSeconds } from '../src/queue-wait.ts';

const nowMs = Date.now();
let prefix: string;
let redis: Redis;
let queue: Queue<PlacementJob>;

beforeEach(() => {
  prefix = `{test-${randomUUID()}}`;
  redis = new Redis(testRedisUrl(), { maxRetriesPerRequest: null });
  queue = new Queue(placementQueueName, { ...placementQueueOptions(prefix), connection: redis });
});
afterEach(async () => {
  await queue.close();
  redis.disconnect();
});

const addedAgo = (seconds: number) =>
  queue.add('place', { order_id: randomUUID() }, { timestamp: nowMs - seconds * 1_000 });

/** As a worker does that brings a job back for another attempt, which is due at once. */
async function tryOnce() {
  const worker = new Worker(placementQueueName, null, { prefix, connection: redis, autorun: false });
  const job = await worker.getNextJob('token', { block: false });
  await job?.moveToWait('token');
  await worker.close();
}

describe('the wait for a worker', () => {
  it('is nothing while no job waits', async () => expect(await queueWaitSeconds(queue, nowMs)).toBe(0));

  it('is that of the job that is next, however many came after it', async () => {
    await addedAgo(90);
    for (let later = 40; later > 0; later -= 1) await addedAgo(later);
    expect(await queueWaitSeconds(queue, nowMs)).toBe(90);
  });

  it('does not begin with the first attempt of a job that came back', async () => {
    await addedAgo(3_600);
    await tryOnce();
    expect(await queueWaitSeconds(queue, Date.now())).toBeLessThan(600);
    await addedAgo(5);
    expect(await queueWaitSeconds(queue, nowMs)).toBe(5);
  });
});
