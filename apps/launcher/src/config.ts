// Every setting there is, in the groups in which people read them. The launcher checks all of them before it starts
// anything, and `.env.example` is written from them: a setting exists if it stands in one of these schemas.
import { ApiConfig } from '@orders/api/config';
import type { Config } from '@orders/config/read-config';
import { eventStoreSettings, port, redisSettings, servedShardSettings, sharedSettings } from '@orders/config/settings';
import { EventStoreSettings } from '@orders/event-store/config';
import { ExchangeConfig } from '@orders/exchange/config';
import { ProjectorSettings } from '@orders/projector/config';
import { WorkerSettings } from '@orders/worker/config';
import { type TProperties, Type } from 'typebox';

const processesMax = 64;

const processes = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: processesMax, description }));

const launcherSettings = {
  DATA_DIR: Type.String({
    default: './data',
    description: 'Folder of everything that a second start finds again: events, ledger, Redis.',
  }),
  REDIS_PORT: port('Port of the Redis that ./run.sh starts while REDIS_URL is not set.', 6390),
  API_PROCESSES: processes('API processes. Unset: 1 in development, in production as many as cores, at least 2.'),
  PROJECTOR_PROCESSES: processes('Projector processes, of which one works. Unset: 1 in development, 2 in production.'),
  WORKER_PROCESSES: processes('Worker processes. Unset: 2 in development, in production as many as cores, at least 2.'),
};

/** A setting stands in the first group that names it. */
export const settingGroups: readonly { title: string; properties: TProperties }[] = [
  { title: 'Every process', properties: sharedSettings },
  { title: 'What ./run.sh starts', properties: launcherSettings },
  { title: 'Redis and event store', properties: { ...redisSettings, ...servedShardSettings, ...eventStoreSettings } },
  { title: 'API', properties: ApiConfig.properties },
  { title: 'Projector', properties: ProjectorSettings.properties },
  { title: 'Worker', properties: WorkerSettings.properties },
  { title: 'Simulated exchange', properties: ExchangeConfig.properties },
  { title: 'Embedded event store', properties: EventStoreSettings.properties },
];

export const SystemSettings = Type.Object({
  ...launcherSettings,
  ...ApiConfig.properties,
  ...ProjectorSettings.properties,
  ...WorkerSettings.properties,
  ...ExchangeConfig.properties,
  ...EventStoreSettings.properties,
});

export type SystemConfig = Config<typeof SystemSettings>;
