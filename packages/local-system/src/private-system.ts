// A system that disturbs no other one on the machine: free ports, and all data in one folder. For tests and benches.
import { join, resolve } from 'node:path';
import { freePorts } from './free-port.ts';
import type { LocalSystemSettings } from './service-definitions.ts';

const root = resolve(import.meta.dirname, '../../..');
const shutdownMs = 9_000;

/** Two workers and one API process, as `./run.sh` has them in development. */
export async function privateSystemSettings(folder: string): Promise<LocalSystemSettings> {
  // The second worker has the port above that of the first.
  const [redis, eventStore, exchange, projector, worker, , api] = await freePorts(7);
  return {
    root,
    redis: { port: redis, folder: join(folder, 'redis') },
    eventStore: { host: '127.0.0.1', port: eventStore, folder: join(folder, 'event-store') },
    exchange: { host: '127.0.0.1', port: exchange, folder: join(folder, 'exchange') },
    adminHost: '127.0.0.1',
    projectors: { count: 1, adminPort: projector },
    workers: { count: 2, adminPort: worker },
    api: { count: 1, host: '127.0.0.1', port: api, adminPort: 0 },
    shutdownMs,
  };
}
