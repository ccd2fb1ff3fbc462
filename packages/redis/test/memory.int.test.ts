import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { neverEvicts, redisMemory } from '../src/memory.ts';

let redis: Redis;
beforeAll(() => {
  redis = new Redis(testRedisUrl());
});
afterAll(() => redis.disconnect());

describe('neverEvicts', () => {
  it('tells a Redis that keeps everything from one that may drop jobs', async () => {
    expect(await neverEvicts(redis)).toBe(true);
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await neverEvicts(redis)).toBe(false);
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
  });
});

describe('redisMemory', () => {
  it('is what Redis uses, and how much it may', async () => {
    const { usedBytes, maxBytes } = await redisMemory(redis);
    expect(maxBytes).toBe(0);
    // Far more than the tests beside this one can give back meanwhile: they share this Redis.
    await redis.set('memory-test', 'x'.repeat(64_000_000));
    await redis.config('SET', 'maxmemory', '1gb');
    const filled = await redisMemory(redis);
    await redis.config('SET', 'maxmemory', '0');
    await redis.del('memory-test');
    expect(filled.maxBytes).toBe(1024 ** 3);
    expect(filled.usedBytes).toBeGreaterThan(usedBytes + 32_000_000);
  });

  it('is no figure where Redis does not tell', () =>
    expect(redisMemory({ info: async () => '# Memory\r\nused_memory:1\r\n' } as unknown as Redis)).rejects.toThrow(
      'Redis does not tell its maxmemory',
    ));
});
