// What a whole system on one machine consists of: which processes, with which settings, on which ports. Pure, so that
// the launcher, the end-to-end tests and whoever else needs a system start exactly the same one.
import { join } from 'node:path';
import type { ProcessCommand } from './managed-process.ts';
import type { PlannedPort } from './port-check.ts';
import type { Readiness } from './readiness.ts';
import { redisArguments, redisHost } from './redis-process.ts';
import type { ServiceGroup } from './service-groups.ts';
import { serviceDeadlineMs } from './shutdown-budget.ts';

/** Already running elsewhere, or a process of this system. */
export type RedisSettings = { url: string } | { port: number; folder: string };
export type StoreSettings = { url: string } | { host: string; port: number; folder: string };

export type LocalSystemSettings = {
  /** The folder of the repository. */
  root: string;
  redis: RedisSettings;
  eventStore: StoreSettings;
  exchange: StoreSettings;
  adminHost: string;
  /** More than one: the others stand by. */
  projectors: { count: number; adminPort: number };
  workers: { count: number; adminPort: number };
  /** Several processes share the port, and then need an `adminPort` (0: none) each: this one and those above. */
  api: { count: number; host: string; port: number; adminPort: number };
  /** How long the stop of the whole system may take. */
  shutdownMs: number;
};

export type ServiceDefinition = Omit<ProcessCommand, 'env'> & {
  group: ServiceGroup;
  /** Made before the start. */
  folder?: string;
  /** Only what this system decides; everything else comes from the environment of whoever starts it. */
  settings: Readonly<Record<string, string>>;
  ports: readonly PlannedPort[];
  readiness: Readiness;
};

/** Base addresses as a client on this machine would write them. */
export type LocalUrls = { redis: string; eventStore: string; exchange: string; api: string };

export function localUrls({ redis, eventStore, exchange, api }: LocalSystemSettings): LocalUrls {
  return {
    redis: 'url' in redis ? redis.url : `redis://${redisHost}:${redis.port}`,
    eventStore: 'url' in eventStore ? eventStore.url : `esdb://${authority(eventStore)}?tls=false`,
    exchange: 'url' in exchange ? exchange.url : `http://${authority(exchange)}`,
    api: `http://${authority(api)}`,
  };
}

/** In the order of their start: what others read from and write to comes first, the API last. */
export function serviceDefinitions(system: LocalSystemSettings): ServiceDefinition[] {
  const { redis, eventStore, exchange } = system;
  return [
    ...('url' in redis ? [] : [redisService(redis)]),
    ...('url' in eventStore ? [] : [eventStoreService(system, eventStore)]),
    ...('url' in exchange ? [] : [exchangeService(system, exchange)]),
    ...numbered(system.projectors.count, (index) => projectorService(system, index)),
    ...numbered(system.workers.count, (index) => workerService(system, index)),
    ...numbered(system.api.count, (index) => apiService(system, index)),
  ];
}

type LocalRedis = Extract<RedisSettings, { port: number }>;
type LocalStore = Extract<StoreSettings, { port: number }>;

function redisService({ port, folder }: LocalRedis): ServiceDefinition {
  return {
    name: 'redis',
    group: 'redis',
    command: 'redis-server',
    args: redisArguments({ port, folder }),
    folder,
    settings: {},
    ports: [{ owner: 'redis', setting: 'REDIS_PORT', host: redisHost, port }],
    readiness: { kind: 'redis', host: redisHost, port },
  };
}

/** A young generation as large as Node's own grows to 100 MiB under the short-lived bytes of a long read. */
const smallYoungGeneration = '--max-semi-space-size=4';

function eventStoreService(system: LocalSystemSettings, { host, port, folder }: LocalStore): ServiceDefinition {
  const service = nodeService(system, 'event-store', 'event-store', {
    EVENT_STORE_HOST: host,
    EVENT_STORE_PORT: String(port),
    EVENT_STORE_DATA: folder,
  });
  return {
    ...service,
    args: [smallYoungGeneration, ...service.args],
    ports: [{ owner: 'event-store', setting: 'EVENT_STORE_PORT', host, port }],
    readiness: readyAt({ host, port }),
  };
}

function exchangeService(system: LocalSystemSettings, { host, port, folder }: LocalStore): ServiceDefinition {
  return {
    ...nodeService(system, 'exchange', 'exchange', {
      EXCHANGE_HOST: host,
      EXCHANGE_PORT: String(port),
      EXCHANGE_DATA: folder,
    }),
    ports: [{ owner: 'exchange', setting: 'EXCHANGE_PORT', host, port }],
    readiness: readyAt({ host, port }),
  };
}

function projectorService(system: LocalSystemSettings, index: number): ServiceDefinition {
  const { redis, eventStore } = localUrls(system);
  const { adminHost: host, projectors } = system;
  const name = projectors.count === 1 ? 'projector' : `projector-${index + 1}`;
  const port = projectors.adminPort + index;
  return {
    ...nodeService(system, 'projector', name, {
      REDIS_URL: redis,
      EVENTSTORE_URL: eventStore,
      PROJECTOR_ADMIN_PORT: String(port),
    }),
    ports: [{ owner: name, setting: 'PROJECTOR_ADMIN_PORT', host, port }],
    readiness: readyAt({ host, port }),
  };
}

function workerService(system: LocalSystemSettings, index: number): ServiceDefinition {
  const { redis, eventStore, exchange } = localUrls(system);
  const name = `worker-${index + 1}`;
  const host = system.adminHost;
  const port = system.workers.adminPort + index;
  return {
    ...nodeService(system, 'worker', name, {
      REDIS_URL: redis,
      EVENTSTORE_URL: eventStore,
      EXCHANGE_URL: exchange,
      WORKER_ADMIN_PORT: String(port),
    }),
    ports: [{ owner: name, setting: 'WORKER_ADMIN_PORT', host, port }],
    readiness: readyAt({ host, port }),
  };
}

// A single API process answers for itself. Several share one port, where the kernel picks who answers, so each of them
// needs another port on which it can be asked in person.
function apiService(system: LocalSystemSettings, index: number): ServiceDefinition {
  const { redis, eventStore } = localUrls(system);
  const { count, host, port, adminPort: firstAdminPort } = system.api;
  const name = `api-${index + 1}`;
  const shared = count > 1;
  const adminPort = firstAdminPort === 0 ? 0 : firstAdminPort + index;
  const admin = { host: system.adminHost, port: adminPort };
  return {
    ...nodeService(system, 'api', name, {
      REDIS_URL: redis,
      EVENTSTORE_URL: eventStore,
      HTTP_HOST: host,
      HTTP_PORT: String(port),
      API_REUSE_PORT: String(shared),
      API_ADMIN_PORT: String(adminPort),
    }),
    ports: [
      ...(index === 0 ? [{ owner: 'api', setting: 'HTTP_PORT', host, port }] : []),
      ...(shared || adminPort !== 0 ? [{ owner: name, setting: 'API_ADMIN_PORT', ...admin }] : []),
    ],
    readiness: readyAt(shared ? admin : { host, port }),
  };
}

// Where all share the processor, taking orders and storing them comes before working on them: who waits for a 201 is
// not to notice how busy the rest is. Less, but never nothing, is left for these.
const niceness: Partial<Record<ServiceGroup, number>> = { projector: 5, worker: 5 };

function nodeService(
  { root, adminHost, shutdownMs }: LocalSystemSettings,
  group: Exclude<ServiceGroup, 'redis'>,
  name: string,
  settings: Record<string, string>,
) {
  return {
    name,
    group,
    ...niced(niceness[group], process.execPath, [
      '--disable-warning=ExperimentalWarning',
      join(root, 'apps', group, 'src/main.ts'),
    ]),
    settings: {
      ...settings,
      ADMIN_HOST: adminHost,
      SHUTDOWN_DEADLINE_MS: String(serviceDeadlineMs(group, shutdownMs)),
    },
  };
}

const niced = (niceness: number | undefined, command: string, args: string[]) =>
  niceness === undefined ? { command, args } : { command: 'nice', args: ['-n', String(niceness), command, ...args] };

type Address = { host: string; port: number };

const readyAt = (address: Address): Readiness => ({ kind: 'http', url: `http://${authority(address)}/health/ready` });

const everyAddress: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Host and port as they stand in the URL of a client on the same machine. */
function authority({ host, port }: Address): string {
  const reachable = everyAddress[host] ?? host;
  return reachable.includes(':') ? `[${reachable}]:${port}` : `${reachable}:${port}`;
}

const numbered = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));
