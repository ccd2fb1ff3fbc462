// What the system keeps in Redis, seen from outside: how far the read model is, what waits in the queue, and what all
// of it takes.
import { setTimeout as sleep } from 'node:timers/promises';
import { placementQueueName } from '@orders/placement-queue/placement-queue';
import { keyspace } from '@orders/read-model/keys';
import { liveKeys } from '@orders/read-model/live-keys';
import { failFast } from '@orders/redis/connection-profiles';
import { openRedis } from '@orders/redis/open-redis';

export type DerivedData = ReturnType<typeof openDerivedData>;

export type OrderCounts = {
  all: number;
  /** Placed or under way. */
  open: number;
  submitted: number;
};

const keys = keyspace('orders');
const queueKey = (rest: string) => `${keys.prefix}:${placementQueueName}:${rest}`;
const lookEveryMs = 50;

export function openDerivedData(redisUrl: string) {
  const log = { warn: () => undefined };
  const redis = openRedis({ url: redisUrl, profile: failFast, log, onStop: () => undefined });

  async function counts(): Promise<OrderCounts> {
    const live = await liveKeys(redis, keys);
    const count = (key: string) => redis.zcard(key);
    const [all, placed, submitting, submitted] = await Promise.all([
      count(live.allOrders),
      ...(['placed', 'submitting', 'submitted'] as const).map((status) => count(live.byStatus(status))),
    ]);
    return { all, open: (placed ?? 0) + (submitting ?? 0), submitted: submitted ?? 0 };
  }

  const info = async (section: string, field: string): Promise<number> => {
    const text = await redis.info(section);
    return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(text)?.[1]);
  };

  /** Resolves to whether it came to pass in time. While Redis cannot be asked it has not. */
  async function until(came: (counts: OrderCounts) => boolean, withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (performance.now() < end) {
      const seen = await counts().catch(() => null);
      if (seen !== null && came(seen)) return true;
      await sleep(lookEveryMs);
    }
    return false;
  }

  return {
    counts,
    until,
    /** Whether all of so many orders came into the read model, and none is open, within this time. */
    untilSettled: (orders: number, withinMs: number) => until(({ all, open }) => all >= orders && open === 0, withinMs),
    /** Jobs that wait for their turn or for another attempt, or are under way. */
    async jobs(): Promise<number> {
      const [waiting, active, delayed] = await Promise.all([
        redis.llen(queueKey('wait')),
        redis.llen(queueKey('active')),
        redis.zcard(queueKey('delayed')),
      ]);
      return waiting + active + delayed;
    },
    /** Bytes of one of them; `null` when none waits for its turn. */
    async bytesOfWaitingJob(): Promise<number | null> {
      const id = await redis.lindex(queueKey('wait'), 0);
      return id === null ? null : redis.memory('USAGE', queueKey(id));
    },
    /** Bytes that its data take; more while it writes its file anew. */
    usedMemory: () => info('memory', 'used_memory'),
    async untilItsFileIsWritten() {
      while ((await info('persistence', 'aof_rewrite_in_progress')) > 0) await sleep(lookEveryMs);
    },
    wipe: () => redis.flushall(),
    close: () => redis.disconnect(),
  };
}
