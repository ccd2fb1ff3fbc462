// The Redis of the whole gateway dies under load, and a replica takes over that may lack the last writes. Checkpoint,
// views and queue lie in that one Redis, so all of them fall back to one moment of the past: the projector reads on from
// there, and the sweeper adds jobs that are missing. What was told to clients stands in the event store.
import { startTestEventStore } from '@orders/test-kit/event-store';
import { startWatchedRedis } from '@orders/test-kit/watched-redis';
import { expect, it, onTestFailed, onTestFinished, vi } from 'vitest';
import { postOrders } from './order-client.ts';
import { prepareSystem } from './running-system.ts';
import { expectPlacedOnce, expectSettled } from './settled.ts';

const orders = 400;

it('keeps every promise while Sentinels replace the Redis that it works with', async () => {
  const redis = await startWatchedRedis();
  onTestFinished(redis.stop);
  const store = await startTestEventStore();
  onTestFinished(store.stop);
  const system = await prepareSystem({}, { outside: { eventStore: store.url, redis: redis.url } });
  onTestFinished(system.stop);
  onTestFailed(() => {
    process.stdout.write(`${system.lines.slice(-100).join('\n')}\n`);
  });
  await system.start(['exchange', 'projector', 'worker', 'api']);

  const killAt = orders / 4;
  const acknowledged = await postOrders({
    api: system.urls.api,
    count: orders,
    clients: 8,
    onProgress: (posted) => {
      if (posted === killAt) redis.master.process.kill('SIGKILL');
    },
  });
  expect(acknowledged.length).toBeGreaterThan(orders / 2);
  await expectSettled(system.urls, acknowledged);
  await expectPlacedOnce(system.urls, acknowledged);
  await vi.waitFor(() => expect(redis.master.process.signalCode).toBe('SIGKILL'), { timeout: 30_000 });
  expect(system.lines.filter((line) => /master-pass|sentinel-pass/.test(line))).toEqual([]);
});
