// The reference of the latency bench, the other half: a worker that does nothing but look how long each job was under
// way. Started as a process by the bench.
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForEver } from '@orders/redis/connection-profiles';
import { openRedis } from '@orders/redis/open-redis';
import { type Job, Worker } from 'bullmq';
import { emptyJobQueue } from './bench/empty-jobs.ts';
import { serveRounds } from './bench/round-service.ts';
import { percentile } from './figures.ts';

const [port, redisUrl = ''] = process.argv.slice(2);
const concurrency = 250;
const lookEveryMs = 10;
const log = { warn: () => undefined };
const redis = openRedis({ url: redisUrl, profile: waitForEver, log, onStop: () => undefined });
let latenciesMs: number[] = [];

async function look({ data }: Job<{ added_at_ms: number }>) {
  latenciesMs.push(Math.max(0, performance.timeOrigin + performance.now() - data.added_at_ms));
}

const worker = new Worker(emptyJobQueue, look, { connection: redis, concurrency });
await worker.waitUntilReady();

/** Of the jobs since the round before, when there are as many as were added. */
serveRounds(Number(port), async ({ count = 0 }) => {
  while (latenciesMs.length < count) await sleep(lookEveryMs);
  const [p50Ms, p99Ms] = [percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.99)];
  latenciesMs = [];
  return { count, seconds: 0, p50Ms, p99Ms };
});
