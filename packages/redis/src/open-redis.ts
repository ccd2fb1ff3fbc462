import { Redis } from 'ioredis';
import { type failFast, reportErrors, type waitForEver } from './connection-profiles.ts';
import { redisAddress } from './redis-address.ts';

type OpenOptions = {
  /** One address of `REDIS_URL`. */
  url: string;
  profile: typeof failFast | typeof waitForEver;
  log: { warn: (details: object, message: string) => void };
  onStop: (name: string, step: () => unknown) => void;
};

/**
 * A connection of a process, closed with it. Connects by itself, and again whenever it is lost. Throws `ConfigError`
 * for an address that cannot be used.
 */
export function openRedis({ url, profile, log, onStop }: OpenOptions): Redis {
  const redis = new Redis({ ...redisAddress(url), ...profile });
  reportErrors(redis, (err) => log.warn({ err }, 'redis'));
  onStop('redis', () => redis.disconnect());
  return redis;
}
