// The embedded event store as a process: opens the data folder, then the port. Stops in the reverse order.
import { runService } from '@orders/lifecycle/run-service';
import { collectDefaultMetrics } from 'prom-client';
import { EventStoreSettings } from './config.ts';
import { createMetrics } from './metrics.ts';
import { startEventStoreServer } from './server.ts';
import { openStore } from './storage/store.ts';

await runService({
  name: 'event-store',
  schema: EventStoreSettings,
  env: process.env,
  portSettings: (config) => ({ EVENT_STORE_PORT: config.EVENT_STORE_PORT }),
  start: async ({ config, log, onStop }) => {
    const metrics = createMetrics();
    collectDefaultMetrics({ register: metrics.registry });

    const store = openStore(config.EVENT_STORE_DATA, {
      onCommitFailed: (err, appends) => log.error({ err, appends }, 'commit failed, its appends were refused'),
    });
    onStop('close the data folder', store.close);

    const { EVENT_STORE_HOST: host, EVENT_STORE_PORT } = config;
    const server = await startEventStoreServer({ host, port: EVENT_STORE_PORT, store, log, metrics });
    onStop('close the port', server.close);

    const address = `${host}:${server.port}`;
    log.info({ address, dataFolder: store.dataFolder, events: store.countEvents() }, 'event store is open');
  },
});
