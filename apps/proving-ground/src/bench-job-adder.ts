// The reference of the latency bench, the one half: adds empty jobs to a queue of BullMQ, one at a time and at a steady
// rate, each with the time at which it was added. Started as a process by the bench.
import { setTimeout as sleep } from 'node:timers/promises';
import { failFast } from '@orders/redis/connection-profiles';
import { openRedis } from '@orders/redis/open-redis';
import { Queue } from 'bullmq';
import { emptyJobQueue } from './bench/empty-jobs.ts';
import { serveRounds } from './bench/round-service.ts';

const [port, redisUrl = ''] = process.argv.slice(2);
const tickMs = 1;
const log = { warn: () => undefined };
const redis = openRedis({ url: redisUrl, profile: failFast, log, onStop: () => undefined });
const queue = new Queue(emptyJobQueue, { connection: redis });
await queue.waitUntilReady();

serveRounds(Number(port), async ({ ratePerSecond = 0, seconds = 0 }) => {
  const startMs = performance.now();
  const count = Math.floor(ratePerSecond * seconds);
  const added: Promise<unknown>[] = [];
  const options = { removeOnComplete: true, removeOnFail: true };
  while (added.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - startMs) * ratePerSecond) / 1_000));
    while (added.length < due) {
      added.push(queue.add('empty', { added_at_ms: performance.timeOrigin + performance.now() }, options));
    }
    await sleep(tickMs);
  }
  await Promise.all(added);
  return { count, seconds: (performance.now() - startMs) / 1_000 };
});
