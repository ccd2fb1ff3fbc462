import type { PlacementRequest, Requeued } from '@orders/placement-queue/placement-queue';
import type { OrderView } from '@orders/read-model/order-view';
import { describe, expect, it } from 'vitest';
import { createSweeper } from './sweeper.ts';

/** As many open orders, in pages of 100, and a queue that has no job of any of them. */
function backlog(count: number) {
  const jobs = new Set<string>();
  const calls = { rounds: 0, looks: 0 };
  let room = Number.POSITIVE_INFINITY;
  const sweep = createSweeper({
    orders: async function* () {
      calls.rounds += 1;
      const views = Array.from({ length: count }, (_, n) => ({ id: `order-${n}`, redrives: 0 }) as OrderView);
      for (let start = 0; start < count; start += 100) yield views.slice(start, start + 100);
    },
    ensureQueued: async ({ orderId }: PlacementRequest): Promise<Requeued> => {
      calls.looks += 1;
      if (jobs.has(orderId)) return 'left';
      if (jobs.size >= room) return 'full';
      jobs.add(orderId);
      return 'added';
    },
    onSwept: () => undefined,
  });
  return {
    sweep,
    jobs,
    calls,
    makeRoom: (jobsMax: number) => {
      room = jobsMax;
    },
  };
}

describe('the sweeper', () => {
  it('goes through a large backlog in passes that are bounded, and begins again at its end', async () => {
    const { sweep, jobs, calls } = backlog(5_000);
    await sweep();
    expect(jobs.size).toBe(5_000);
    expect(calls.rounds).toBe(1);
    expect(await sweep()).toBe(2_000);
    expect(await sweep()).toBe(2_000);
    expect(await sweep()).toBe(1_000);
    expect(calls.rounds).toBe(2);
  });

  it('looks at no more than twenty thousand orders in one pass', async () => {
    const { sweep } = backlog(50_000);
    expect(await sweep()).toBe(20_000);
    expect(await sweep()).toBe(20_000);
    expect(await sweep()).toBe(10_000);
  });

  it('waits where the queue was full, and leaves nobody out', async () => {
    const { sweep, jobs, calls, makeRoom } = backlog(1_000);
    makeRoom(300);
    await sweep();
    const looks = calls.looks;
    await sweep();
    await sweep();
    expect(jobs.size).toBe(300);
    expect(calls.looks - looks).toBeLessThanOrEqual(100);
    makeRoom(1_000);
    await sweep();
    expect(jobs.size).toBe(1_000);
    expect(calls.rounds).toBe(1);
  });

  it('begins anew after a failure', async () => {
    let failing = true;
    const looked: string[] = [];
    const sweep = createSweeper({
      orders: async function* () {
        yield [{ id: 'a', redrives: 0 } as OrderView];
        if (failing) throw new Error('Redis is away');
        yield [{ id: 'b', redrives: 0 } as OrderView];
      },
      ensureQueued: async ({ orderId }) => {
        looked.push(orderId);
        return 'left';
      },
      onSwept: () => undefined,
    });
    await expect(sweep()).rejects.toThrow('Redis is away');
    failing = false;
    expect(await sweep()).toBe(2);
    expect(looked).toEqual(['a', 'a', 'b']);
  });
});
