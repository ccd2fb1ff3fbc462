// The settings that several processes share, so that each is described, bounded and defaulted in one place.
import { Type } from 'typebox';

export const port = (description: string, fallback: number) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: fallback, description });

export const milliseconds = (description: string, fallback: number, minimum = 1) =>
  Type.Integer({ minimum, maximum: 86_400_000, default: fallback, description });

export const sharedSettings = {
  ENVIRONMENT: Type.Enum(['development', 'production'], {
    default: 'development',
    description:
      'development: API on port 8000, readable log. production: API on port 80, JSON log, several processes.',
  }),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'The least severe log line that is written.',
  }),
  ADMIN_HOST: Type.String({
    pattern: '^[0-9A-Za-z.:-]+$',
    default: '127.0.0.1',
    description: 'Address on which health and metrics ports listen.',
  }),
  SHUTDOWN_DEADLINE_MS: milliseconds(
    'A process that was asked to stop is gone after this time, drained or not.',
    8_000,
  ),
};

export const eventStoreSettings = {
  EVENTSTORE_URL: Type.String({
    pattern: '^esdb(\\+discover)?://[^/?]+',
    default: 'esdb://127.0.0.1:2113?tls=false',
    description: 'Connection string of EventStoreDB. Unset, ./run.sh starts the embedded event store.',
  }),
};

export const redisSettings = {
  REDIS_URL: Type.String({
    pattern: '^rediss?://.+',
    default: 'redis://127.0.0.1:6390',
    description: 'Redis for the read model and the queue (6.2 or newer, noeviction). Unset, ./run.sh starts one.',
  }),
  REDIS_KEY_TAG: Type.String({
    pattern: '^[a-z][a-z0-9-]{0,31}$',
    default: 'orders',
    description: 'Hash tag of every key: gateways with different tags can share one Redis.',
  }),
};
