// A worker: placement queue → exchange → the order's stream. Run as many as the queue needs.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { crashPoints } from '@orders/lifecycle/crash-points';
import { periodically } from '@orders/lifecycle/periodically';
import { CannotStartError, runService } from '@orders/lifecycle/run-service';
import { isAbandonedWrite } from '@orders/order-store/event-store-connection';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import { openEventStore } from '@orders/order-store/open-event-store';
import { readLogEnd } from '@orders/order-store/store-identity';
import { openPlacementQueue } from '@orders/placement-queue/open-placement-queue';
import { type PlacementJob, placementQueueName, placementWorkerOptions } from '@orders/placement-queue/placement-queue';
import { failFast, reportErrors, waitForEver } from '@orders/redis/connection-profiles';
import { keyPrefix } from '@orders/redis/key-tag';
import { openRedis } from '@orders/redis/open-redis';
import { servedHomes } from '@orders/redis/shard-homes';
import { startAdminServer } from '@orders/telemetry/admin-server';
import { exportShards } from '@orders/telemetry/shard-gauges';
import { Worker } from 'bullmq';
import { Registry } from 'prom-client';
import { Agent } from 'undici';
import { WorkerSettings } from './config.ts';
import { placementWithCrashPoints, workerSteps } from './crash-steps.ts';
import { exchangeAt } from './exchange-at.ts';
import { breakerLimits, exchangeBreaker } from './exchange-breaker.ts';
import { fetchPause } from './fetch-pause.ts';
import { placementObserver, workerMetrics } from './metrics.ts';
import { placeOrder } from './place-order.ts';
import { placementProcessor } from './placement-processor.ts';
import { createStallWatch, WorkerStuckError } from './stall-watch.ts';

const appendLimits = { tryTimeoutMs: 3_000, budgetMs: 10_000 };
const stuckAfterMs = 60_000;
const watchEveryMs = 5_000;

await runService({
  name: 'worker',
  schema: WorkerSettings,
  env: process.env,
  isHarmlessRejection: isAbandonedWrite,
  portSettings: (config) => ({ WORKER_ADMIN_PORT: config.WORKER_ADMIN_PORT }),
  start: async ({ config, log, onStop, isStopping }) => {
    const crash = crashPoints(workerSteps, process.env);
    const registry = new Registry();
    const metrics = workerMetrics(registry);

    const homes = servedHomes(config);
    exportShards(registry, homes);
    const concurrency = Math.max(1, Math.floor(config.WORKER_CONCURRENCY / homes.length));
    const connection = openEventStore({ url: config.EVENTSTORE_URL, log, onStop });
    const dispatcher = new Agent({
      connections: concurrency * homes.length,
      pipelining: 1,
      // Well within the limit of a call: that no connection was made is certain knowledge, that no answer came is none.
      connect: { timeout: config.EXCHANGE_TIMEOUT_MS / 2 },
      keepAliveTimeout: 30_000,
    });
    onStop('exchange connections', () => dispatcher.destroy());
    const queues = homes.map(({ url, tag }) => {
      const prefix = keyPrefix(tag);
      const redis = openRedis({ url, profile: failFast, log, onStop });
      return { url, prefix, redis, queue: openPlacementQueue({ redis, prefix, log, onStop }) };
    });
    const admin = await startAdminServer({
      host: config.ADMIN_HOST,
      port: config.WORKER_ADMIN_PORT,
      registry,
      isStopping,
      checks: {
        redis: async () =>
          (await Promise.all(queues.map(({ redis }) => redis.ping()))).every((pong) => pong === 'PONG'),
        event_store: () => readLogEnd(connection.client()).then(() => true),
      },
    });
    onStop('admin', admin.close);

    const guard = exchangeBreaker(breakerLimits, (open) => {
      metrics.breakerOpen.set(open ? 1 : 0);
      log.warn({ open }, open ? 'the exchange is out of order, calls are held back' : 'calls to the exchange go on');
    });
    const placement = {
      ...placementWithCrashPoints(crash, {
        store: eventStoreOrderStore({ connection, limits: appendLimits }),
        exchange: exchangeAt(config, dispatcher),
      }),
      guard,
      attemptsMax: config.PLACEMENT_ATTEMPTS_MAX,
      now: () => new Date(),
      newId: randomUUID,
      observe: placementObserver(metrics),
    };
    const workers = queues.map(({ queue, prefix, url }) => {
      const watch = createStallWatch({ waiting: () => queue.getWaitingCount(), nowMs: Date.now }, stuckAfterMs);
      const processor = placementProcessor({
        place: (orderId, job) => placeOrder(placement, orderId, job),
        pauseFetching: fetchPause(() => worker),
        metrics,
        log,
      });
      const atWork = crash.following('worker.complete:before', processor);
      const worker: Worker<PlacementJob, string> = new Worker(placementQueueName, watch.around(atWork), {
        ...placementWorkerOptions({ prefix, concurrency, lockMs: config.PLACEMENT_LOCK_MS }),
        connection: openRedis({ url, profile: waitForEver, log, onStop }),
      });
      reportErrors(worker, (err) => log.warn({ err }, 'worker'));
      worker.on('stalled', () => metrics.stalled.inc());
      worker.on(
        'completed',
        crash.following('worker.complete:after', () => undefined),
      );
      const stopWatching = periodically(watchEveryMs, watch.check, (err) => {
        if (err instanceof WorkerStuckError) throw new CannotStartError(err.message);
        log.debug({ err }, 'queue length unknown');
      });
      onStop('stall watch', stopWatching);
      return worker;
    });
    // None ends by itself while Redis is gone; what is not drained by then is taken over by another worker.
    const drained = () => Promise.all(workers.map((worker) => worker.close()));
    onStop('workers', () => Promise.race([drained(), sleep(config.SHUTDOWN_DEADLINE_MS * 0.75)]));
  },
});
