import { describe, expect, it } from 'vitest';
import { createStallWatch, WorkerStuckError } from './stall-watch.ts';

function scene() {
  let now = 0;
  let waiting = 0;
  const watch = createStallWatch({ waiting: async () => waiting, nowMs: () => now }, 60_000);
  const pass = (ms: number) => {
    now += ms;
  };
  const queue = (count: number) => {
    waiting = count;
  };
  return { watch, pass, queue };
}

describe('createStallWatch', () => {
  it('is patient with an empty queue, however long', async () => {
    const { watch, pass } = scene();
    pass(1_000_000);
    await expect(watch.check()).resolves.toBeUndefined();
  });

  it('raises the alarm when jobs wait and none is fetched', async () => {
    const { watch, pass, queue } = scene();
    queue(1);
    pass(60_000);
    await watch.check();
    pass(1);
    await expect(watch.check()).rejects.toThrow(WorkerStuckError);
  });

  it('takes a job that ends, or one that is under way, for a sign of life', async () => {
    const { watch, pass, queue } = scene();
    const job = Promise.withResolvers<void>();
    const running = watch.around(() => job.promise)();
    queue(5);
    pass(100_000);
    await watch.check();
    job.resolve();
    await running;
    pass(60_000);
    await watch.check();
  });
});
