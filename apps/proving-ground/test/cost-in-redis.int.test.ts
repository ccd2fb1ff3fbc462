// What a batch of events costs Redis, command by command, as Redis itself counts them. Only the jobs may cost as many
// commands as there are orders; views and indexes take a handful, however large the batch.
import { randomUUID } from 'node:crypto';
import type { OrderEvent } from '@orders/domain/order-types';
import {
  type PlacementJob,
  placementJobId,
  placementQueueName,
  placementQueueOptions,
} from '@orders/placement-queue/placement-queue';
import { type Keyspace, keyspace } from '@orders/read-model/keys';
import { orderPlaced, orderSubmitted, submissionStarted } from '@orders/test-kit/order-events';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CommandCalls, type CountedRedis, startCountedRedis } from './counted-redis.ts';
import { type MeasuredBatch, projectBatches } from './projector-batches.ts';

let countedRedis: CountedRedis;
let redis: Redis;
let queue: Queue<PlacementJob>;
let keys: Keyspace;

beforeAll(async () => {
  countedRedis = await startCountedRedis();
});
afterAll(() => countedRedis.stop());
beforeEach(async () => {
  keys = keyspace(`test-${randomUUID().slice(0, 20)}`);
  redis = await countedRedis.connect();
  queue = new Queue(placementQueueName, { ...placementQueueOptions(keys.prefix), connection: redis });
  // Written once at the start, and not to be counted as part of a batch.
  await queue.getVersion();
});
afterEach(() => queue.close());

const idOf = (n: number): string => `0191a0c4-7c1e-7000-8000-${String(n).padStart(12, '0')}`;

function batch(count: number, revision: number, eventOf: (orderId: string, n: number) => OrderEvent): MeasuredBatch {
  return { events: Array.from({ length: count }, (_, n) => eventOf(idOf(n), n)), revision };
}

const placed = (count: number) => batch(count, 0, (id) => orderPlaced(id));
const started = (count: number) => batch(count, 1, (id) => submissionStarted(id));
const submitted = (count: number) => batch(count, 2, (id) => orderSubmitted(id));

/** The commands of each batch, after another one for which the scripts were loaded, and the queue was looked at. */
async function costOf(...batches: MeasuredBatch[]): Promise<CommandCalls[]> {
  const costs: CommandCalls[] = [];
  const warmUp = { events: [orderPlaced(idOf(999))], revision: 0 };
  await projectBatches([warmUp, ...batches], {
    ...{ redis, keys, queue },
    before: () => countedRedis.reset(),
    after: async () => {
      costs.push(await countedRedis.calls());
    },
  });
  return costs.slice(1);
}

describe.each([1, 100])('the projector, for a batch of %i orders', (count) => {
  // What the script of a commit runs, however many orders there are: only their revisions are looked at one by one.
  const commit = { evalsha: 1, get: 1, getrange: count, mset: 1, set: 1 };

  it('sends one read, one commit, and a job each when they are placed', async () => {
    const [cost] = await costOf(placed(count));
    // What BullMQ's script runs for a job; it marks the queue by a ZADD, beside those of the four indexes.
    const jobs = { exists: count, hget: count, hmget: count, hmset: count, incr: count, lpush: count, xadd: 2 * count };
    expect(cost).toEqual({ mget: 1, ...commit, ...jobs, evalsha: 1 + count, zadd: 4 + count });
  });

  it('sends one read and one commit when their submission starts, and when it is over', async () => {
    const [, start, end] = await costOf(placed(count), started(count), submitted(count));
    const moved = { mget: 1, ...commit, zadd: 1, zrem: 1 };
    expect({ start, end }).toEqual({ start: moved, end: moved });
  });

  it('sends one read and one commit for events that it has projected before', async () => {
    const [, repeated] = await costOf(placed(count), placed(count));
    expect(repeated).toEqual({ mget: 1, evalsha: 1, get: 1, getrange: count, set: 1 });
  });
});

describe('the projector', () => {
  it('writes to each index once, however many orders of a batch stand in it', async () => {
    const [instruments, accounts] = [3, 5];
    const mixed = batch(90, 0, (id, n) =>
      orderPlaced(id, { instrument: `DE000000000${n % instruments}`, account_id: `account-${n % accounts}` }),
    );
    const [cost] = await costOf(mixed);
    expect(cost).toMatchObject({ evalsha: 91, mset: 1, zadd: 1 + 1 + instruments + accounts + 90 });
  });

  it('looks at the length of the queue once a second, not once a batch', async () => {
    const ofOneAt = (atMs: number, n: number) => ({ events: [orderPlaced(idOf(n))], revision: 0, atMs });
    const costs = await costOf(...[0, 999, 1_000, 1_999, 2_000].map(ofOneAt));
    expect(costs.map(({ evalsha }) => evalsha)).toEqual([2, 2, 3, 2, 3]);
  });
});

// Of an order whose account, instrument and price are as long as these; another digit or letter is another byte.
describe('an open order in Redis', () => {
  const example = batch(1, 0, (id) => orderPlaced(id, { type: 'limit', limit_price: '120.5' }));
  const id = idOf(0);

  it('takes 340 bytes in its view while it waits, and 344 while it is being placed', async () => {
    await costOf(example);
    const waiting = await redis.strlen(keys.view(id));
    await costOf(started(1));
    expect({ waiting, submitting: await redis.strlen(keys.view(id)) }).toEqual({ waiting: 340, submitting: 344 });
  });

  it('takes 330 bytes of data and 123 of options in its job, and hardly anything else', async () => {
    await costOf(example);
    const job = await redis.hgetall(`${keys.prefix}:${placementQueueName}:${placementJobId(id, 0)}`);
    const bytes = Object.entries(job).map(([field, value]) => [field, Buffer.byteLength(value)]);
    const ofNoInterest = { name: 5, timestamp: 13, delay: 1, priority: 1 };
    expect(Object.fromEntries(bytes)).toEqual({ data: 330, opts: 123, ...ofNoInterest });
  });
});
