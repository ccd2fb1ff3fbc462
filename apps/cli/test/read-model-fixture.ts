// An event store, a read model, and a projector that does what a test tells it, for rebuilds and verifications.
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { allOrders } from '@orders/order-store/order-shard';
import type { LogPosition } from '@orders/order-store/order-store';
import { readOrderLog } from '@orders/order-store/read-log';
import { identifyStore, readLogEnd } from '@orders/order-store/store-identity';
import type { Checkpoint } from '@orders/read-model/checkpoint';
import { foldViews } from '@orders/read-model/fold-views';
import { keyspace } from '@orders/read-model/keys';
import { liveKeys } from '@orders/read-model/live-keys';
import { currentViewVersion } from '@orders/read-model/order-view';
import { redisProjection } from '@orders/read-model/redis-projection';
import { startTestEventStore } from '@orders/test-kit/event-store';
import { orderInDoubt, orderPlaced, orderSubmitted, submissionStarted } from '@orders/test-kit/order-events';
import { testRedisUrl } from '@orders/test-kit/redis-url';
import { Redis } from 'ioredis';
import { type RebuildOptions, rebuildModel } from '../src/rebuild/rebuild-model.ts';
import { verifyModel } from '../src/verify/verify-model.ts';
import { orders } from './command-line.ts';

/** A rebuild has switched to another read model since the checkpoint was read. */
export class CheckpointMovedError extends Error {
  override readonly name = 'CheckpointMovedError';
}

export type ReadModelFixture = Awaited<ReturnType<typeof startReadModelFixture>>;

const start = { viewVersion: currentViewVersion, phase: 'live', position: null, generation: '' } as const;

export async function startReadModelFixture(redisUrl = testRedisUrl()) {
  const store = await startTestEventStore();
  const client = EventStoreDBClient.connectionString(store.url);
  const tag = `test-${randomUUID().slice(0, 20)}`;
  const keys = keyspace(tag);
  const redis = new Redis(redisUrl, { retryStrategy: null });
  redis.on('error', () => undefined);
  const home = { redis, keys, shard: allOrders };
  const projection = redisProjection(redis, keys);

  const append = async (orderId: string, ...events: OrderEvent[]) => {
    const data = events.map(({ type, data }) => jsonEvent({ type, data }));
    await client.appendToStream(`order-${orderId}`, data);
  };

  /** What a projector does with all that it finds in the log now. */
  async function project(): Promise<Checkpoint> {
    const stored = await projection.readCheckpoint();
    let previous = stored ?? { ...start, storeId: await identifyStore(client) };
    if (stored === null) await projection.commit({ previous: null, next: previous, changes: [] });
    const to = await readLogEnd(client);
    if (to === null) return previous;
    for await (const { events } of readOrderLog({ client, from: previous.position, to })) {
      const ids = [...new Set(events.map(({ orderId }) => orderId))];
      const known = await projection.loadViews(ids, previous.generation);
      const { changed } = foldViews(known, events);
      const changes = changed.map((after) => ({ id: after.id, before: known.get(after.id) ?? null, after }));
      const position: LogPosition = events.at(-1)?.position ?? previous.position ?? to;
      const next = { ...previous, position };
      if (!(await projection.commit({ previous, next, changes }))) throw new CheckpointMovedError();
      previous = next;
    }
    return previous;
  }

  /** So many orders, a third of them submitted, a third in doubt, of some accounts and instruments. */
  async function place(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => randomUUID());
    await Promise.all(
      ids.map(async (id, n) => {
        const terms = { account_id: `account-${n % 5}`, instrument: `DE000000000${n % 7}` };
        const placed_at = new Date(Date.now() - n * 1_000).toISOString();
        await append(id, orderPlaced(id, { ...terms, placed_at }), submissionStarted(id));
        if (n % 3 === 1) await append(id, orderSubmitted(id));
        if (n % 3 === 2) await append(id, orderInDoubt(id));
      }),
    );
    return ids;
  }

  const options = (over: Partial<RebuildOptions> = {}): RebuildOptions => ({
    ...{ client, home, force: false, graceMs: 0, lease: { ms: 2_000, renewEveryMs: 200 } },
    onFolded: () => undefined,
    onCompared: () => undefined,
    signal: new AbortController().signal,
    ...over,
  });
  const command = (argv: readonly string[], over: { signal?: AbortSignal } = {}) =>
    orders([...argv, '--eventstore', store.url, '--redis', redisUrl], { env: { REDIS_KEY_TAG: tag }, ...over });

  return {
    redisUrl,
    ...{ store, client, keys, redis, tag, append, project, place, command },
    rebuild: (over: Partial<RebuildOptions> = {}) => rebuildModel(options(over)),
    verify: () => verifyModel(options()),
    live: () => liveKeys(redis, keys),
    /** All keys, without the live checkpoint; each with the generation that it belongs to. */
    generations: async () => {
      const all = await redis.keys(`${keys.prefix}:*`);
      return new Set(all.filter((key) => key !== keys.checkpoint).map((key) => /:g:(\w+):/.exec(key)?.[1] ?? ''));
    },
    stop: async () => {
      redis.disconnect();
      await client.dispose();
      await store.stop();
    },
  };
}
