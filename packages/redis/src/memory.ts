import type { Redis } from 'ioredis';

export type RedisMemory = {
  usedBytes: number;
  /** At which it refuses writes; 0 is no limit of its own. */
  maxBytes: number;
};

/** Rejects when Redis does not say: some that are rented by the hour do not. */
export async function redisMemory(redis: Redis): Promise<RedisMemory> {
  const info = await redis.info('memory');
  return { usedBytes: Number(field(info, 'used_memory')), maxBytes: Number(field(info, 'maxmemory')) };
}

/** Whether Redis refuses writes rather than drop jobs, locks or views when its memory is full. */
export async function neverEvicts(redis: Redis): Promise<boolean> {
  return field(await redis.info('memory'), 'maxmemory_policy') === 'noeviction';
}

function field(info: string, name: string): string {
  const value = new RegExp(`^${name}:(.*?)\\s*$`, 'm').exec(info)?.[1];
  if (value === undefined) throw new Error(`Redis does not tell its ${name}`);
  return value;
}
