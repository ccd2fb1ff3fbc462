// The projector over batches that a test hands it one by one, so that what happens for one of them can be told from
// what happens for all others. Each is projected completely, and nothing of the next has begun, when it is looked at.
import type { OrderEvent } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { OrderEventBatch } from '@orders/order-store/order-subscription';
import type { PlacementJob } from '@orders/placement-queue/placement-queue';
import { queueRoom } from '@orders/placement-queue/queue-room';
import { projectorMetrics } from '@orders/projector/metrics';
import { followLog, initialState } from '@orders/projector/projector';
import type { Keyspace } from '@orders/read-model/keys';
import { openOrders } from '@orders/read-model/redis-open-orders';
import { redisProjection } from '@orders/read-model/redis-projection';
import { createLogger } from '@orders/telemetry/logger';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Registry } from 'prom-client';

export type MeasuredBatch = {
  events: readonly OrderEvent[];
  /** Where each of the events stands in the stream of its order. */
  revision: number;
  /** What the clock says meanwhile, in milliseconds; it stands still. */
  atMs?: number;
};

type ProjectorOptions = {
  redis: Redis;
  keys: Keyspace;
  queue: Queue<PlacementJob>;
  /** Called before and after each batch. */
  before: () => Promise<void>;
  after: () => Promise<void>;
};

const correlationId = '00000000-0000-4000-8000-000000000001';

/** From an empty read model, caught up with an empty log, through the batches. */
export async function projectBatches(batches: readonly MeasuredBatch[], options: ProjectorOptions): Promise<void> {
  const { redis, keys, queue, before, after } = options;
  let nowMs = 0;
  const room = queueRoom({ queue, jobsMax: 1_000_000, nowMs: () => nowMs });
  let commit = 0n;

  async function* subscribe(): AsyncGenerator<OrderEventBatch, void, void> {
    yield { events: [], unreadable: [], position: null, caughtUp: true };
    for (const { events, revision, atMs = 0 } of batches) {
      nowMs = atMs;
      const recorded = events.map((event): RecordedOrderEvent => {
        commit += 100n;
        return {
          event,
          id: correlationId,
          orderId: event.data.order_id,
          revision: BigInt(revision),
          position: { commit, prepare: commit },
          recordedAt: new Date(0),
          metadata: { $correlationId: correlationId, $causationId: correlationId, schema_version: 1 },
        };
      });
      await before();
      yield { events: recorded, unreadable: [], position: { commit, prepare: commit }, caughtUp: true };
      await after();
    }
  }

  const deps = {
    identifyStore: async () => 'the-store',
    subscribe,
    projection: redisProjection(redis, keys),
    openOrders: () => openOrders(redis, keys, null),
    enqueue: async (requests: Parameters<typeof room.enqueue>[0]) => {
      await room.enqueue(requests);
    },
    onEnded: () => undefined,
    metrics: projectorMetrics(new Registry()),
    log: createLogger('test', 'silent'),
  };
  const state = initialState();
  await followLog(deps, state, new AbortController().signal, () => undefined);
}
