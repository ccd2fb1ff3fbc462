// What BullMQ moves at most: the jobs of the placement queue, in a queue of its own on the same Redis, added in the
// same chunks and taken by a worker that does nothing. A process of the bench: either the one that adds, or one that
// takes.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  enqueuePlacements,
  type PlacementJob,
  placementQueueName,
  placementQueueOptions,
  placementWorkerOptions,
} from '@orders/placement-queue/placement-queue';
import { reportErrors, waitForEver } from '@orders/redis/connection-profiles';
import { openRedis } from '@orders/redis/open-redis';
import { Queue, Worker } from 'bullmq';
import { serveRounds } from './bench/round-service.ts';

const [, , port, role, url = '', concurrency] = process.argv;
const prefix = '{no-op}';
const lockMs = 60_000;
const lookEveryMs = 10;
const log = { warn: (details: object, message: string) => void process.stderr.write(`${message} ${details}\n`) };
const connection = openRedis({ url, profile: waitForEver, log, onStop: () => undefined });

function addJobs() {
  const queue = new Queue<PlacementJob>(placementQueueName, { ...placementQueueOptions(prefix), connection });
  reportErrors(queue, (err) => log.warn(err, 'queue'));
  serveRounds(Number(port), async ({ jobs = 0 }) => {
    const requests = Array.from({ length: jobs }, () => ({ orderId: randomUUID(), redrives: 0 }));
    const startMs = performance.now();
    await enqueuePlacements(queue, requests);
    while ((await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')) > 0)
      await sleep(lookEveryMs);
    return { count: jobs, seconds: (performance.now() - startMs) / 1_000 };
  });
}

function takeJobs() {
  const worker = new Worker<PlacementJob, string>(placementQueueName, async () => 'nothing done', {
    ...placementWorkerOptions({ prefix, concurrency: Number(concurrency), lockMs }),
    connection,
  });
  reportErrors(worker, (err) => log.warn(err, 'worker'));
  // It has nothing to measure: the one that adds does that for all.
  serveRounds(Number(port), () => Promise.reject(new Error('this process takes jobs')));
}

if (role === 'add') addJobs();
else takeJobs();
