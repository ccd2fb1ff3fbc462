// A projector and its sweepers for one shard of the orders: everything that a process does for that shard, from its
// subscription to its figures. Several stand side by side in a process and share nothing but the client of the event
// store, so that one whose Redis is gone holds up none of the others.
import { periodically } from '@orders/lifecycle/periodically';
import type { ServiceContext } from '@orders/lifecycle/run-service';
import type { EventStoreConnection } from '@orders/order-store/event-store-connection';
import type { OrderShard } from '@orders/order-store/order-shard';
import { orderEventBatches } from '@orders/order-store/order-subscription';
import { identifyStore } from '@orders/order-store/store-identity';
import type { PlacementJob } from '@orders/placement-queue/placement-queue';
import { queueRoom } from '@orders/placement-queue/queue-room';
import type { Keyspace } from '@orders/read-model/keys';
import { openOrders, ordersInDoubt } from '@orders/read-model/redis-open-orders';
import { redisProjection } from '@orders/read-model/redis-projection';
import { neverEvicts } from '@orders/redis/memory';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ProjectorConfig } from './config.ts';
import { type ProjectorCrashPoints, portsWithCrashPoints } from './crash-steps.ts';
import type { ProjectorMetrics } from './metrics.ts';
import { watchProgress } from './progress.ts';
import { initialState, runProjector } from './projector.ts';
import { createSweeper, type SweeperDeps } from './sweeper.ts';

const idleMs = 1_000;
// Longer than a subscription takes to be begun again, or a rival between two of his batches.
const outOfStepAfterMs = 10_000;

type ShardDeps = Pick<ServiceContext<ProjectorConfig>, 'config' | 'log' | 'onStop'> & {
  shard: OrderShard;
  keys: Keyspace;
  redis: Redis;
  queue: Queue<PlacementJob>;
  connection: EventStoreConnection;
  metrics: ProjectorMetrics;
  crash: ProjectorCrashPoints;
};

/** What there is to know of the shard at once, and a `start` for the rest. */
export function shardProjector(deps: ShardDeps) {
  const { shard, keys, redis, queue, connection, metrics, crash, config, onStop } = deps;
  const log = shard.of === 1 ? deps.log : deps.log.child({ shard: shard.index });
  const state = initialState();
  const room = queueRoom({ queue, jobsMax: config.PLACEMENT_QUEUE_MAX, nowMs: Date.now });
  const { projection, enqueue, ...sweeping } = portsWithCrashPoints(crash, state, {
    projection: redisProjection(redis, keys),
    enqueue: async (requests) => {
      if (!(await room.enqueue(requests))) metrics.leftOut.inc(requests.length);
    },
    ensureQueued: room.ensureQueued,
  });
  const progress = watchProgress({ shard, client: connection.client, redis, queue, keys, state, metrics, log });
  onStop('progress', progress.stop);

  function sweepEvery(intervalMs: number, orders: SweeperDeps['orders']) {
    const sweep = createSweeper({ orders, ...sweeping, onSwept: (result) => metrics.swept.inc({ result }) });
    const sweepIfFollowing = () => state.following && sweep();
    onStop(
      'sweeper',
      periodically(intervalMs, sweepIfFollowing, (err) => log.warn({ err }, 'sweep failed')),
    );
  }

  function start() {
    const liveNow = () => keys.of(state.checkpoint?.generation ?? '');
    sweepEvery(config.SWEEP_INTERVAL_MS, () => openOrders(redis, liveNow(), Date.now() - config.SWEEP_AFTER_MS));
    sweepEvery(config.SWEEP_IN_DOUBT_INTERVAL_MS, () => ordersInDoubt(redis, liveNow()));
    const stopping = new AbortController();
    const running = runProjector(
      {
        identifyStore: async () => {
          const storeId = await identifyStore(connection.client());
          connection.answered();
          return storeId;
        },
        subscribe: (from, signal) =>
          orderEventBatches({
            client: connection.client(),
            from,
            shard,
            batchMax: config.PROJECTOR_BATCH_MAX,
            idleMs,
            everyMs: config.PROJECTOR_BATCH_EVERY_MS,
            signal,
          }),
        projection,
        openOrders: (generation) => openOrders(redis, keys.of(generation), null),
        enqueue,
        onEnded: connection.failed,
        metrics,
        log,
      },
      state,
      stopping.signal,
    );
    onStop('projector', () => {
      stopping.abort();
      return running;
    });
  }

  return {
    start,
    checks: {
      following: () => state.inStepAtMs !== null && Date.now() - state.inStepAtMs < outOfStepAfterMs,
      lag: async () => (await progress.lagSeconds()) * 1_000 <= config.PROJECTOR_READY_LAG_MAX_MS,
      redis: async () => (await redis.ping()) === 'PONG',
      redis_never_evicts: () => neverEvicts(redis),
    },
  };
}
