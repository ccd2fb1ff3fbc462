// How the system is brought to where a step is taken: most steps are taken with every order, some only after a mishap.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { RunningSystem } from '../running-system.ts';
import { withEventStore } from './audit.ts';
import type { setFaults } from './faults.ts';
import type { Step } from './points.ts';
import { until } from './until.ts';

export type Stage = {
  /** Which of the times that the step is taken is the last one. */
  occurrence?: number;
  /** Settings that the process needs to come to the step, and to go on after it. */
  settings?: Record<string, string>;
  /** Of the exchange, until the process has died. */
  faults?: Parameters<typeof setFaults>[1];
  /** Between the start of the process that is to die and the orders. */
  before?: (system: RunningSystem) => Promise<void>;
  /** Once all orders are posted. */
  after?: (system: RunningSystem) => Promise<void>;
  /** When the process has died. */
  restore?: (system: RunningSystem) => Promise<void>;
};

const worker = 'worker-1';

async function withRedis<Result>({ urls }: RunningSystem, work: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(urls.redis, { maxRetriesPerRequest: null });
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

const loseEverything = (system: RunningSystem) => withRedis(system, async (redis) => void (await redis.flushall()));

const loseCheckpoint = (system: RunningSystem) =>
  withRedis(system, async (redis) => void (await redis.del('{orders}:checkpoint:orders-projector')));

// An order is enqueued before it is known: what is known has lost its job then.
const loseQueue = (system: RunningSystem) =>
  withRedis(system, async (redis) => {
    await until('an order is known', async () => Number(await redis.zcard('{orders}:status:placed')) > 0);
    await redis.del(...(await redis.keys('{orders}:place-order:*')));
  });

// BullMQ looks for jobs of dead workers once in a while, whoever does it, and moves those that it has met twice. A worker
// that is started again need not wait for the time of the look that the dead one has had.
const lookAgain = (system: RunningSystem) =>
  withRedis(system, async (redis) => void (await redis.del('{orders}:place-order:stalled-check')));

const fifthOrder: Stage = { occurrence: 5, restore: lookAgain };

// With the worker stopped, orders stay open: what comes after them in the projector has something to work on.
const holdWorker = {
  before: async (system: RunningSystem) => system.kill(worker, 'SIGSTOP'),
  restore: async (system: RunningSystem) => system.kill(worker, 'SIGCONT'),
};

const fillerAppends = 10;
const fillerEvents = 500;
const fillerEvent = { type: 'Filler', contentType: 'application/json', data: {}, metadata: undefined } as const;

/** Makes the write-ahead log grow to where it is copied. */
const fillLog = ({ urls }: RunningSystem) =>
  withEventStore(urls, async (client) => {
    for (let count = 0; count < fillerAppends; count += 1) {
      const filler = Array.from({ length: fillerEvents }, () => ({ ...fillerEvent, id: randomUUID() }));
      await client.appendToStream(`filler-${randomUUID()}`, filler);
    }
  });

export const stages: Record<Step, Stage> = {
  'api.append': { occurrence: 5 },
  'projector.enqueue': {},
  'projector.commit': {},
  'projector.clear': { after: loseCheckpoint },
  'projector.start-rebuild': { after: loseEverything },
  'projector.commit-rebuilding': { after: loseEverything },
  'projector.enqueue-rebuilt': { ...holdWorker, after: loseEverything },
  'projector.finish-rebuild': { ...holdWorker, after: loseEverything },
  'projector.sweep': { ...holdWorker, settings: { SWEEP_AFTER_MS: '500' }, after: loseQueue },
  'worker.append-intent': fifthOrder,
  'worker.place': fifthOrder,
  'worker.query': { ...fifthOrder, faults: { lose_answer_rate: 1 } },
  'worker.append-outcome': fifthOrder,
  'worker.complete': fifthOrder,
  'exchange.record': { occurrence: 5 },
  'event-store.write-transaction': { occurrence: 3 },
  'event-store.sync': { occurrence: 3 },
  'event-store.checkpoint': { after: fillLog },
};
