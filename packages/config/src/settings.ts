// The settings that several processes share, so that each is described, bounded and defaulted in one place.
import { Type } from 'typebox';
import { eventStoreUrlProblem } from './event-store-url.ts';

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

// What would make an address ambiguous, a password with an @ or a / in it for example, has to be percent-encoded: a
// client that reads it differently could take a part of the password for a host, and say so.
const encoded = '%[0-9A-Fa-f]{2}';
const host = '([0-9A-Za-z_.-]+|\\[[0-9A-Fa-f:.]+\\])(:\\d{1,5})?';
const hosts = `${host}(,${host})*`;
const query = '(\\?[^\\s#@]*)?';
const redisUser = `(([^\\s/?#@:,%]|${encoded})*(:([^\\s/?#@:,%]|${encoded})*)?@)?`;
const eventStoreUser = `(([^\\s/?#@:,%]|${encoded})+:([^\\s/?#@:,%]|${encoded})+@)?`;
const httpUser = `(([^\\s/?#@:%]|${encoded})*(:([^\\s/?#@:%]|${encoded})*)?@)?`;

/** One address of Redis, or of a Redis behind Sentinels; holds no white space. */
export const redisAddressPattern = [
  `rediss?://${redisUser}${host}(/\\d*)?${query}`,
  `rediss?\\+sentinel://${redisUser}${hosts}/[0-9A-Za-z_.-]+(/\\d*)?${query}`,
].join('|');

/** The base URL of a server, with user and password if it asks for them. */
export const httpAddressPattern = `https?://${httpUser}${host}(/[^\\s?#@]*)?`;

const addressForm = 'with whatever is special in user and password percent-encoded';

export const eventStoreSettings = {
  EVENTSTORE_URL: Type.String({
    pattern: `^esdb(\\+discover)?://${eventStoreUser}${hosts}/?${query}$`,
    default: 'esdb://127.0.0.1:2113?tls=false',
    description:
      'Connection string of EventStoreDB: esdb://host:2113?tls=false, or with TLS and for a cluster' +
      ' esdb://user:password@host1:2113,host2:2113?tlsCaFile=/path. Unset, ./run.sh starts the embedded event store.',
    secret: true,
    form: `a connection string such as esdb://host:2113?tls=false or esdb://user:password@host:2113, ${addressForm}`,
    check: eventStoreUrlProblem,
  }),
};

export const redisSettings = {
  REDIS_URL: Type.String({
    pattern: `^\\s*(${redisAddressPattern})(\\s+(${redisAddressPattern}))*\\s*$`,
    default: 'redis://127.0.0.1:6390',
    description:
      'Redis for the read model and the queue (6.2 or newer, noeviction): redis://user:password@host:6379/0, with TLS' +
      ' rediss://host:6379?tlsCaFile=/path, or by its Sentinels' +
      ' redis+sentinel://user:password@host1:26379,host2:26379/master-name?sentinelPassword=password; several, with' +
      ' blanks between them, share the SHARDS. Unset, ./run.sh starts one.',
    secret: true,
    form: `an address such as redis://user:password@host:6379, ${addressForm}`,
  }),
  REDIS_KEY_TAG: Type.String({
    pattern: '^[a-z][a-z0-9-]{0,31}$',
    default: 'orders',
    description: 'Hash tag of every key: gateways with different tags can share one Redis.',
  }),
  SHARDS: Type.Enum(['1', '2', '4', '8', '16'], {
    default: '1',
    description:
      'Parts of the orders, each with a read model and a queue of its own, dealt out over the addresses of REDIS_URL.',
  }),
};

/** Of a process that looks after shards. */
export const servedShardSettings = {
  SHARDS_SERVED: Type.Optional(
    Type.String({
      pattern: '^[0-9]+(,[0-9]+)*$',
      description: 'The shards that this process looks after, such as 0,1. Unset: all of them.',
    }),
  ),
};
