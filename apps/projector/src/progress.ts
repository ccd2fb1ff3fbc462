// How the pipeline stands, for gauges and health: looked up every two seconds rather than at each scrape, so that the
// cost does not depend on who asks.
import type { EventStoreDBClient } from '@eventstore/db-client';
import { periodically } from '@orders/lifecycle/periodically';
import { measureLag } from '@orders/order-store/log-lag';
import type { OrderShard } from '@orders/order-store/order-shard';
import type { PlacementJob } from '@orders/placement-queue/placement-queue';
import type { Keyspace } from '@orders/read-model/keys';
import { liveKeys } from '@orders/read-model/live-keys';
import { countOrders } from '@orders/read-model/redis-open-orders';
import { redisMemory } from '@orders/redis/memory';
import type { Logger } from '@orders/telemetry/logger';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ProjectorMetrics } from './metrics.ts';
import type { ProjectorState } from './projector.ts';
import { queueWaitSeconds } from './queue-wait.ts';

type ProgressDeps = {
  shard: OrderShard;
  client: () => EventStoreDBClient;
  redis: Redis;
  queue: Queue<PlacementJob>;
  keys: Keyspace;
  state: Readonly<ProjectorState>;
  metrics: ProjectorMetrics;
  log: Logger;
};

const pauseMs = 2_000;
const jobStates = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;

export function watchProgress({ shard, client, redis, queue, keys, state, metrics, log }: ProgressDeps) {
  const label = { shard: String(shard.index) };

  const lag = async () => {
    const { events, seconds } = await measureLag(
      { client: client(), reached: state.checkpoint?.position ?? null, shard },
      new Date(),
    );
    metrics.lagEvents.set(label, events);
    metrics.lagSeconds.set(label, seconds);
    return seconds;
  };

  const orders = async () => {
    const { byStatus, oldestOpenPlacedAtMs, inDoubtSinceMs } = await countOrders(redis, await liveKeys(redis, keys));
    for (const [status, count] of Object.entries(byStatus)) metrics.orders.set({ ...label, status }, count);
    metrics.openOrders.set(label, byStatus.placed + byStatus.submitting);
    metrics.oldestOpenSeconds.set(label, secondsSince(oldestOpenPlacedAtMs));
    metrics.inDoubtSeconds.set(label, secondsSince(inDoubtSinceMs));
  };

  const jobs = async () => {
    for (const [jobState, count] of Object.entries(await queue.getJobCounts(...jobStates))) {
      metrics.queueJobs.set({ ...label, state: jobState }, count);
    }
    metrics.queueWaitSeconds.set(label, await queueWaitSeconds(queue, Date.now()));
  };

  const memory = async () => {
    const { usedBytes, maxBytes } = await redisMemory(redis);
    metrics.redisMemoryBytes.set(label, usedBytes);
    metrics.redisMemoryMaxBytes.set(label, maxBytes);
  };

  const look = async () => {
    for (const result of await Promise.allSettled([lag(), orders(), jobs(), memory()])) {
      if (result.status === 'rejected') log.debug({ err: result.reason }, 'progress unknown');
    }
  };

  const stop = periodically(pauseMs, look, (err) => log.warn({ err }, 'progress unknown'));
  return { lagSeconds: lag, stop };
}

const secondsSince = (ms: number | null): number => (ms === null ? 0 : (Date.now() - ms) / 1_000);
