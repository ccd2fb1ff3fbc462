// The pipeline from POST to submitted: when the last order that was accepted stands at the exchange, as the read model
// tells it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderStatus } from '@orders/domain/order-types';
import { keyspace } from '@orders/read-model/keys';
import { liveKeys } from '@orders/read-model/live-keys';
import { waitForEver } from '@orders/redis/connection-profiles';
import { openRedis } from '@orders/redis/open-redis';
import type { BenchSystem } from './bench-system.ts';
import { type LoadEnd, postOrders } from './order-load.ts';
import type { Round } from './round.ts';

const connections = 64;
const lookEveryMs = 25;
const patienceMs = 180_000;

export type Placements = {
  /** Posts, and resolves when all of it is submitted: the rate is that of both, the latencies are those of the POSTs. */
  round: (until: LoadEnd) => Promise<Round>;
  post: (until: LoadEnd) => Promise<Required<Round>>;
  /** How many orders stand at the exchange, and how many do not yet. */
  counts: () => Promise<{ submitted: number; open: number }>;
  /** Rejects when it takes minutes. */
  until: (reached: (counts: { submitted: number; open: number }) => boolean) => Promise<void>;
  close: () => void;
};

export function placementsOf({ urls, homes, acknowledgedFile }: BenchSystem): Placements {
  const redis = openRedis({
    ...{ url: urls.redis, profile: waitForEver, log: { warn: () => undefined } },
    onStop: () => undefined,
  });
  const shards = homes.map(({ tag }) => keyspace(tag));

  async function counts() {
    const live = await Promise.all(shards.map((keys) => liveKeys(redis, keys)));
    const count = async (status: OrderStatus) => {
      const counts = await Promise.all(live.map(({ byStatus }) => redis.zcard(byStatus(status))));
      return counts.reduce((sum, each) => sum + each, 0);
    };
    const [placed, submitting, submitted] = await Promise.all([
      count('placed'),
      count('submitting'),
      count('submitted'),
    ]);
    return { submitted, open: placed + submitting };
  }

  async function until(reached: Parameters<Placements['until']>[0]): Promise<void> {
    const patience = AbortSignal.timeout(patienceMs);
    for (let now = await counts(); !reached(now); now = await counts()) {
      if (patience.aborted) throw new Error(`${now.submitted} orders are submitted, ${now.open} still open`);
      await sleep(lookEveryMs);
    }
  }

  const post = (end: LoadEnd) => postOrders({ api: urls.api, connections, until: end, acknowledgedFile });

  return {
    post,
    counts,
    until,
    async round(end) {
      const before = await counts();
      const startMs = performance.now();
      const load = await post(end);
      // Nothing is open in a read model that has not seen the orders yet, so what is submitted must have grown by them;
      // and some more than were acknowledged are stored, because the load ends in the middle of its last requests.
      await until(({ submitted, open }) => open === 0 && submitted >= before.submitted + load.count);
      return { ...load, seconds: (performance.now() - startMs) / 1_000 };
    },
    close: () => redis.disconnect(),
  };
}
