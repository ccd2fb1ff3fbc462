// The projector: subscription → read model and placement queue. Extra ones are hot standbys.
import { crashPoints } from '@orders/lifecycle/crash-points';
import { runService } from '@orders/lifecycle/run-service';
import { isAbandonedWrite } from '@orders/order-store/event-store-connection';
import { openEventStore } from '@orders/order-store/open-event-store';
import { openPlacementQueue } from '@orders/placement-queue/open-placement-queue';
import { keyspace } from '@orders/read-model/keys';
import { failFast } from '@orders/redis/connection-profiles';
import { openRedis } from '@orders/redis/open-redis';
import { servedHomes } from '@orders/redis/shard-homes';
import { startAdminServer } from '@orders/telemetry/admin-server';
import { exportShards } from '@orders/telemetry/shard-gauges';
import { Registry } from 'prom-client';
import { ProjectorSettings } from './config.ts';
import { projectorSteps } from './crash-steps.ts';
import { projectorMetrics } from './metrics.ts';
import { shardProjector } from './shard-projector.ts';

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
    const homes = servedHomes(config);
    exportShards(registry, homes);
    const connection = openEventStore({ url: config.EVENTSTORE_URL, log, onStop });

    const shards = homes.map(({ shard, url, tag }) => {
      const keys = keyspace(tag);
      const redis = openRedis({ url, profile: failFast, log, onStop });
      const queue = openPlacementQueue({ redis, prefix: keys.prefix, log, onStop });
      return shardProjector({ shard, keys, redis, queue, connection, metrics, crash, config, log, onStop });
    });
    const everyShard = (check: keyof (typeof shards)[number]['checks']) => async () =>
      (await Promise.all(shards.map(({ checks }) => checks[check]()))).every(Boolean);
    const admin = await startAdminServer({
      host: config.ADMIN_HOST,
      port: config.PROJECTOR_ADMIN_PORT,
      registry,
      isStopping,
      checks: {
        following: everyShard('following'),
        lag: everyShard('lag'),
        redis: everyShard('redis'),
        redis_never_evicts: everyShard('redis_never_evicts'),
      },
    });
    onStop('admin', admin.close);
    for (const { start } of shards) start();
  },
});
