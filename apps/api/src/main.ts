// The API. Accepting orders needs the event store alone; it starts, listens and stays up without it too, and says so.
import { crashPoints } from '@orders/lifecycle/crash-points';
import { runService } from '@orders/lifecycle/run-service';
import { isAbandonedWrite } from '@orders/order-store/event-store-connection';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import { openEventStore } from '@orders/order-store/open-event-store';
import { readLogEnd } from '@orders/order-store/store-identity';
import { keyspace } from '@orders/read-model/keys';
import { redisOrderQueries } from '@orders/read-model/redis-order-queries';
import { shardedOrderQueries } from '@orders/read-model/sharded-order-queries';
import { failFast } from '@orders/redis/connection-profiles';
import { openRedis } from '@orders/redis/open-redis';
import { shardHomes } from '@orders/redis/shard-homes';
import { startAdminServer } from '@orders/telemetry/admin-server';
import { exportShards } from '@orders/telemetry/shard-gauges';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { v7 as uuidV7 } from 'uuid';
import { ApiConfig, httpPort } from './config.ts';
import { apiSteps, storeWithCrashPoints } from './crash-steps.ts';
import { eventStoreAnswers, warmUp } from './event-store-readiness.ts';
import { eventStoreSources } from './log/event-sources.ts';
import { buildServer } from './server.ts';

await runService({
  name: 'api',
  schema: ApiConfig,
  env: process.env,
  isHarmlessRejection: isAbandonedWrite,
  portSettings: (config) => ({ HTTP_PORT: httpPort(config), API_ADMIN_PORT: config.API_ADMIN_PORT }),
  start: async ({ config, log, onStop, isStopping }) => {
    const crash = crashPoints(apiSteps, process.env);
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });

    const connection = openEventStore({ url: config.EVENTSTORE_URL, log, onStop });
    const homes = shardHomes(config);
    exportShards(registry, homes);
    const shards = homes.map(({ url, tag }) => {
      const redis = openRedis({ url, profile: failFast, log, onStop });
      return redisOrderQueries(redis, keyspace(tag));
    });

    const answers = eventStoreAnswers(() => readLogEnd(connection.client()), connection);
    const warmingUp = new AbortController();
    onStop('warm-up', () => warmingUp.abort());
    void warmUp(answers, warmingUp.signal);

    const limits = { tryTimeoutMs: config.API_APPEND_TRY_TIMEOUT_MS, budgetMs: config.API_APPEND_BUDGET_MS };
    const operations = { registry, checks: { event_store: answers }, isStopping };
    if (config.API_ADMIN_PORT !== 0) {
      const admin = await startAdminServer({ host: config.ADMIN_HOST, port: config.API_ADMIN_PORT, ...operations });
      onStop('admin', admin.close);
    }
    const app = await buildServer({
      ...storeWithCrashPoints(crash, eventStoreOrderStore({ connection, limits })),
      ...operations,
      queries: shardedOrderQueries(shards),
      events: eventStoreSources(connection),
      streams: { streamsMax: config.API_STREAMS_MAX, heartbeatMs: config.API_STREAM_HEARTBEAT_MS },
      now: () => new Date(),
      newId: () => uuidV7(),
      shedding: {
        waitMs: config.API_SHED_WAIT_MS,
        loopDelayMs: config.API_SHED_LOOP_DELAY_MS,
        appendsMax: config.API_SHED_APPENDS_MAX,
      },
      log,
    });
    onStop('server', () => app.close());
    // Fastify hands the options to Node as they are, but its types do not know this one yet.
    const listenOptions = {
      host: config.HTTP_HOST,
      port: httpPort(config),
      reusePort: config.API_REUSE_PORT === 'true',
    };
    await app.listen(listenOptions);
  },
});
