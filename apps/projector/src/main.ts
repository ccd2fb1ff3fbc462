// The projector: subscription → read model and placement queue. Extra ones are hot standbys.
import { crashPoints } from '@orders/lifecycle/crash-points';
import { periodically } from '@orders/lifecycle/periodically';
import { CannotStartError, runService } from '@orders/lifecycle/run-service';
import { isAbandonedWrite } from '@orders/order-store/event-store-connection';
import { openEventStore } from '@orders/order-store/open-event-store';
import { orderEventBatches } from '@orders/order-store/order-subscription';
import { identifyStore } from '@orders/order-store/store-identity';
import { type PlacementJob, placementQueueName, placementQueueOptions } from '@orders/placement-queue/placement-queue';
import { queueRoom } from '@orders/placement-queue/queue-room';
import { keyspace } from '@orders/read-model/keys';
import { openOrders, ordersInDoubt } from '@orders/read-model/redis-open-orders';
import { redisProjection } from '@orders/read-model/redis-projection';
import { failFast, reportErrors } from '@orders/redis/connection-profiles';
import { neverEvicts } from '@orders/redis/eviction';
import { openRedis } from '@orders/redis/open-redis';
import { startAdminServer } from '@orders/telemetry/admin-server';
import { Queue } from 'bullmq';
import { Registry } from 'prom-client';
import { ProjectorSettings } from './config.ts';
import { portsWithCrashPoints, projectorSteps } from './crash-steps.ts';
import { projectorMetrics } from './metrics.ts';
import { watchProgress } from './progress.ts';
import { type ProjectorState, runProjector } from './projector.ts';
import { createSweeper, type SweeperDeps } from './sweeper.ts';

const idleMs = 1_000;

await runService({
  name: 'projector',
  schema: ProjectorSettings,
  env: process.env,
  isHarmlessRejection: isAbandonedWrite,
  portSettings: (config) => ({ PROJECTOR_ADMIN_PORT: config.PROJECTOR_ADMIN_PORT }),
  start: async ({ config, log, onStop, isStopping }) => {
    const crash = crashPoints(projectorSteps, process.env);
    const registry = new Registry();
    const metrics = projectorMetrics(registry);
    const keys = keyspace(config.REDIS_KEY_TAG);

    const connection = openEventStore({ url: config.EVENTSTORE_URL, log, onStop });
    const redis = openRedis({ url: config.REDIS_URL, profile: failFast, log, onStop });
    const queue = new Queue<PlacementJob>(placementQueueName, {
      ...placementQueueOptions(keys.prefix),
      connection: redis,
    });
    reportErrors(queue, (err) => log.warn({ err }, 'queue'));
    // BullMQ remembers a first contact that failed for ever: only a new process makes another one.
    void queue.waitUntilReady().catch((err: Error) => {
      throw new CannotStartError(
        `the first contact with Redis failed, and this process makes no other: ${err.message}`,
      );
    });
    onStop('queue', () => queue.close());

    const state: ProjectorState = { checkpoint: null, following: false };
    const room = queueRoom({ queue, jobsMax: config.PLACEMENT_QUEUE_MAX, nowMs: Date.now });
    const { projection, enqueue, ...sweeping } = portsWithCrashPoints(crash, state, {
      projection: redisProjection(redis, keys),
      enqueue: async (requests) => {
        if (!(await room.enqueue(requests))) metrics.leftOut.inc(requests.length);
      },
      ensureQueued: room.ensureQueued,
    });
    const progress = watchProgress({ client: connection.client, redis, queue, keys, state, metrics, log });
    onStop('progress', progress.stop);
    const admin = await startAdminServer({
      host: config.ADMIN_HOST,
      port: config.PROJECTOR_ADMIN_PORT,
      registry,
      isStopping,
      checks: {
        following: () => state.following,
        lag: async () => (await progress.lagSeconds()) * 1_000 <= config.PROJECTOR_READY_LAG_MAX_MS,
        redis: async () => (await redis.ping()) === 'PONG',
        redis_never_evicts: () => neverEvicts(redis),
      },
    });
    onStop('admin', admin.close);

    const liveNow = () => keys.of(state.checkpoint?.generation ?? '');
    const sweepEvery = (intervalMs: number, orders: SweeperDeps['orders']) => {
      const sweep = createSweeper({ orders, ...sweeping, onSwept: (result) => metrics.swept.inc({ result }) });
      const sweepIfFollowing = () => state.following && sweep();
      onStop(
        'sweeper',
        periodically(intervalMs, sweepIfFollowing, (err) => log.warn({ err }, 'sweep failed')),
      );
    };
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
  },
});
