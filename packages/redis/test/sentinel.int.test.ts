// A master that dies, or falls silent, is replaced by its replica, on the word of real Sentinels: connections find the
// new one by themselves. Replication is asynchronous, so writes that the old master acknowledged last may be gone: what
// counts is that later ones go to the new master, and that all keys fall back together.

import { startRedis } from '@orders/test-kit/redis-server';
import { startWatchedRedis } from '@orders/test-kit/watched-redis';
import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { failFast, waitForEver } from '../src/connection-profiles.ts';
import { openRedis } from '../src/open-redis.ts';

const patience = { timeout: 50_000, interval: 100 };

function open(url: string, profile: Parameters<typeof openRedis>[0]['profile'] = failFast) {
  const reported: string[] = [];
  const log = { warn: (details: object) => reported.push(String((details as { err: Error }).err)) };
  const redis = openRedis({ url, profile, log, onStop: (_name, step) => onTestFinished(() => void step()) });
  return { redis, reported };
}

describe('a Redis that Sentinels watch', () => {
  it.each(['SIGKILL', 'SIGSTOP'] as const)('goes on at its replica after a %s of the master', async (signal) => {
    const { master, replica, url, password, sentinelPassword, stop } = await startWatchedRedis();
    onTestFinished(stop);
    const { redis, reported } = open(url);
    const { redis: waiting } = open(url, waitForEver);
    await vi.waitFor(() => expect(redis.status).toBe('ready'), patience);
    await vi.waitFor(() => expect(waiting.status).toBe('ready'), patience);
    await redis.set('orders-before', 'kept');
    expect(await redis.wait(1, 10_000)).toBe(1);
    const job = waiting.blpop('orders-jobs', 0).catch(() => waiting.blpop('orders-jobs', 0));

    master.process.kill(signal);
    await vi.waitFor(() => redis.set('orders-after', 'written'), patience);
    expect(await redis.get('orders-before')).toBe('kept');
    await redis.rpush('orders-jobs', 'job');
    expect(await job).toEqual(['orders-jobs', 'job']);

    const { redis: direct } = open(`redis://:${password}@127.0.0.1:${replica.port}`);
    await vi.waitFor(() => expect(direct.status).toBe('ready'), patience);
    expect(await direct.get('orders-after')).toBe('written');
    expect(await direct.role()).toContain('master');
    expect(reported.join('\n')).not.toMatch(new RegExp(`${password}|${sentinelPassword}`));
  });
});

describe('a Redis that was made a replica', () => {
  // Nobody cuts the connections to it, so the refusal is all that tells them.
  it.each([
    ['a command', (redis: Redis) => redis.set('orders-lost', 'x')],
    ['a script', (redis: Redis) => redis.eval(`return redis.call('set', KEYS[1], 'x')`, 1, 'orders-lost')],
  ])('is looked up anew once it has refused %s', async (_what, write) => {
    const [former, next] = [await startRedis(() => []), await startRedis(() => [])];
    onTestFinished(former.stop);
    onTestFinished(next.stop);
    const { redis } = open(`redis://127.0.0.1:${former.port}`);
    await vi.waitFor(() => expect(redis.status).toBe('ready'), patience);
    const readyAgain = vi.fn();
    redis.on('ready', readyAgain);
    await redis.replicaof('127.0.0.1', next.port);
    await expect(write(redis)).rejects.toThrow('READONLY');
    await vi.waitFor(() => expect(readyAgain).toHaveBeenCalled(), patience);
  });
});
