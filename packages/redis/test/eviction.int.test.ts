import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { neverEvicts } from '../src/eviction.ts';

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
