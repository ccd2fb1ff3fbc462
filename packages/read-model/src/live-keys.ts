import type { Redis } from 'ioredis';
import { generationIn } from './checkpoint.ts';
import type { Keyspace } from './keys.ts';

/** Where the live generation stands now. Whoever walks it may finish: its keys stay for a while after a switch. */
export async function liveKeys(redis: Redis, keys: Keyspace): Promise<Keyspace> {
  return keys.of(generationIn(await redis.get(keys.checkpoint)));
}
