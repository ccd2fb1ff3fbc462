// From settings to a system: how many processes, which parts run here and which elsewhere, where the data lies.
import { resolve } from 'node:path';
import { httpPort } from '@orders/api/config';
import type { Environment } from '@orders/config/read-config';
import { isGiven } from '@orders/config/setting-source';
import type { LocalSystemSettings } from '@orders/local-system/service-definitions';
import type { SystemConfig } from './config.ts';

/** The first health and metrics port of API processes that share a port. */
const sharedApiAdminPort = 9300;
const productionProcessesMin = 2;
const developmentWorkers = 2;
// One works, the other takes over.
const productionProjectors = 2;

type Machine = { root: string; cores: number };

/** `env` tells a URL that somebody has set from its default: only the former means that the part runs elsewhere. */
export function systemSettings(config: SystemConfig, env: Environment, { root, cores }: Machine): LocalSystemSettings {
  const isSet = (name: keyof SystemConfig) => isGiven(name, env);
  const folder = (name: 'EVENT_STORE_DATA' | 'EXCHANGE_DATA', fallback: string) =>
    isSet(name) ? resolve(config[name]) : resolve(config.DATA_DIR, fallback);
  const { apiProcesses, projectorProcesses, workerProcesses } = processCounts(config, cores);

  return {
    root,
    redis: isSet('REDIS_URL')
      ? { url: config.REDIS_URL }
      : { port: config.REDIS_PORT, folder: resolve(config.DATA_DIR, 'redis') },
    eventStore: isSet('EVENTSTORE_URL')
      ? { url: config.EVENTSTORE_URL }
      : {
          host: config.EVENT_STORE_HOST,
          port: config.EVENT_STORE_PORT,
          folder: folder('EVENT_STORE_DATA', 'event-store'),
        },
    exchange: isSet('EXCHANGE_URL')
      ? { url: config.EXCHANGE_URL }
      : { host: config.EXCHANGE_HOST, port: config.EXCHANGE_PORT, folder: folder('EXCHANGE_DATA', 'exchange') },
    adminHost: config.ADMIN_HOST,
    projectors: { count: projectorProcesses, adminPort: config.PROJECTOR_ADMIN_PORT },
    workers: { count: workerProcesses, adminPort: config.WORKER_ADMIN_PORT },
    api: {
      count: apiProcesses,
      host: config.HTTP_HOST,
      port: httpPort(config),
      adminPort: config.API_ADMIN_PORT || (apiProcesses > 1 ? sharedApiAdminPort : 0),
    },
    shutdownMs: config.SHUTDOWN_DEADLINE_MS,
  };
}

type ProcessSettings = Pick<SystemConfig, 'ENVIRONMENT' | 'API_PROCESSES' | 'PROJECTOR_PROCESSES' | 'WORKER_PROCESSES'>;

export function processCounts(settings: ProcessSettings, cores: number) {
  const { ENVIRONMENT, API_PROCESSES, PROJECTOR_PROCESSES, WORKER_PROCESSES } = settings;
  const inProduction = Math.max(productionProcessesMin, cores);
  const production = ENVIRONMENT === 'production';
  return {
    apiProcesses: API_PROCESSES ?? (production ? inProduction : 1),
    projectorProcesses: PROJECTOR_PROCESSES ?? (production ? productionProjectors : 1),
    workerProcesses: WORKER_PROCESSES ?? (production ? inProduction : developmentWorkers),
  };
}
