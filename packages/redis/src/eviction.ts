import type { Redis } from 'ioredis';

/** Whether Redis refuses writes rather than drop jobs, locks or views when its memory is full. */
export async function neverEvicts(redis: Redis): Promise<boolean> {
  return /^maxmemory_policy:noeviction\s*$/m.test(await redis.info('memory'));
}
