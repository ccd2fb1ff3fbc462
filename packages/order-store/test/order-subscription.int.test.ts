import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NoAnswerError } from '../src/deadline.ts';
import { connectEventStore } from '../src/event-store-connection.ts';
import { eventStoreOrderStore } from '../src/event-store-order-store.ts';
import { measureLag } from '../src/log-lag.ts';
import { allOrders, type OrderShard, shardOf } from '../src/order-shard.ts';
import type { LogPosition } from '../src/order-store.ts';
import { type OrderEventBatch, orderEventBatches } from '../src/order-subscription.ts';
import { identifyStore, readLogEnd } from '../src/store-identity.ts';
import { newOrderId, placement } from './store-contract.ts';

let embedded: TestEventStore;
let client: EventStoreDBClient;

beforeAll(async () => {
  embedded = await startTestEventStore();
  client = EventStoreDBClient.connectionString(embedded.url);
});
afterAll(async () => {
  await client.dispose();
  await embedded.stop();
});

const connection = {
  client: () => client,
  answered: () => undefined,
  failed: () => undefined,
  close: async () => undefined,
};
const store = eventStoreOrderStore({ connection, limits: { tryTimeoutMs: 5_000, budgetMs: 20_000 } });

async function place(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, newOrderId);
  for (const id of ids) await store.append(placement(id));
  return ids;
}

async function positionNow(): Promise<LogPosition | null> {
  return readLogEnd(client);
}

/** Follows the log from a position until `enough` is satisfied by all batches so far. */
async function follow(
  from: LogPosition | null,
  enough: (batches: OrderEventBatch[]) => boolean,
  { batchMax = 50, shard = allOrders } = {},
): Promise<OrderEventBatch[]> {
  const batches: OrderEventBatch[] = [];
  const stopped = new AbortController();
  for await (const batch of orderEventBatches({ client, from, shard, batchMax, idleMs: 50, signal: stopped.signal })) {
    batches.push(batch);
    if (enough(batches)) stopped.abort();
  }
  return batches;
}

const ordersIn = (batches: OrderEventBatch[]) => batches.flatMap(({ events }) => events.map(({ orderId }) => orderId));

describe('orderEventBatches', () => {
  it('delivers what was there and what comes, once, in the order of the log', async () => {
    const from = await positionNow();
    const before = await place(120);
    let after: string[] = [];
    const batches = await follow(from, (soFar) => {
      if (after.length === 0 && soFar.at(-1)?.caughtUp) {
        after = Array.from({ length: 30 }, newOrderId);
        void Promise.all(after.map((id) => store.append(placement(id))));
      }
      return ordersIn(soFar).length >= 150;
    });
    expect(ordersIn(batches).slice(0, 120)).toEqual(before);
    expect(new Set(ordersIn(batches).slice(120))).toEqual(new Set(after));
    expect(Math.max(...batches.map(({ events }) => events.length))).toBeLessThanOrEqual(50);
  });

  it('goes on behind the position of any batch without losing or repeating an event', async () => {
    const start = await positionNow();
    const ids = await place(40);
    const seen: string[] = [];
    let from = start;
    while (seen.length < ids.length) {
      const [first] = await follow(from, (soFar) => ordersIn(soFar).length > 0, { batchMax: 7 });
      if (first === undefined) throw new Error('no batch');
      const batches = [first];
      seen.push(...ordersIn(batches));
      from = first.position;
    }
    expect(seen).toEqual(ids);
  });

  it('does not call itself caught up before it handed over what was there', async () => {
    const from = await positionNow();
    await place(60);
    const batches = await follow(from, (soFar) => soFar.at(-1)?.caughtUp === true, { batchMax: 10 });
    expect(ordersIn(batches)).toHaveLength(60);
    expect(batches.slice(0, -1).some(({ caughtUp }) => caughtUp)).toBe(false);
  });

  it('moves its position on past events of others, once all order events before are handed over', async () => {
    const from = await positionNow();
    const [id] = await place(1);
    for (let n = 0; n < 40; n += 1) {
      await client.appendToStream(
        'other',
        Array.from({ length: 100 }, () => jsonEvent({ type: 'Noise', data: { n } })),
      );
    }
    const [, orderAt] = [id, (await store.load(id ?? '')).history[0]?.position];
    const batches = await follow(from, (soFar) => (soFar.at(-1)?.position?.commit ?? 0n) > (orderAt?.commit ?? 0n));
    expect(ordersIn(batches)).toEqual([id]);
  });

  it('names what it cannot read, and passes over it', async () => {
    const from = await positionNow();
    const orderId = newOrderId();
    await client.appendToStream(`order-${orderId}`, jsonEvent({ type: 'OrderTeleported', data: {} }));
    const batches = await follow(from, (soFar) => soFar.some(({ unreadable }) => unreadable.length > 0));
    expect(batches.flatMap(({ unreadable }) => unreadable)).toEqual([
      { stream: `order-${orderId}`, revision: 0n, type: 'OrderTeleported' },
    ]);
    expect(batches.at(-1)?.position).toEqual(await positionNow());
  });

  it('hands over an empty batch now and then while nothing comes', async () => {
    const from = await positionNow();
    const batches = await follow(from, (soFar) => soFar.length >= 4);
    expect(ordersIn(batches)).toEqual([]);
  });

  it('throws when the event store ends the subscription', async () => {
    const doomed = await startTestEventStore();
    const doomedClient = EventStoreDBClient.connectionString(doomed.url);
    const { signal } = new AbortController();
    const following = (async () => {
      for await (const { caughtUp } of orderEventBatches({
        client: doomedClient,
        from: null,
        batchMax: 10,
        idleMs: 60_000,
        signal,
      })) {
        if (caughtUp) void doomed.stop();
      }
    })();
    await expect(following).rejects.toThrow();
    await doomedClient.dispose();
  });
});

describe('the subscriptions of shards', () => {
  const shards = ([0, 1, 2, 3] as const).map((index): OrderShard => ({ index, of: 4 }));
  const placeMany = (count: number) =>
    Promise.all(Array.from({ length: count }, newOrderId).map((id) => store.append(placement(id)).then(() => id)));

  it('deliver together what the log has, each the orders of its shard, and get past those of others', async () => {
    const from = await positionNow();
    const ids = await placeMany(200);
    const end = await positionNow();
    const delivered = await Promise.all(
      shards.map(async (shard) => ordersIn(await follow(from, (soFar) => soFar.at(-1)?.caughtUp ?? false, { shard }))),
    );
    for (const [index, orders] of delivered.entries())
      expect(orders.map((id) => shardOf(id, 4))).toEqual(orders.map(() => index));
    expect(delivered.flat().toSorted()).toEqual(ids.toSorted());
    for (const shard of shards)
      expect(await measureLag({ client, reached: end, shard }, new Date())).toEqual({ events: 0, seconds: 0 });
  });

  it('are not behind while only others have events', async () => {
    const reached = await positionNow();
    const [id = ''] = await placeMany(1);
    const own = shardOf(id, 4);
    for (const shard of shards)
      expect((await measureLag({ client, reached, shard }, new Date())).events).toBe(shard.index === own ? 1 : 0);
  });
});

describe('measureLag', () => {
  it('counts the order events behind a position, and none at the end', async () => {
    const from = await positionNow();
    await place(3);
    await client.appendToStream('other', jsonEvent({ type: 'Noise', data: {} }));
    expect(await measureLag({ client, reached: from }, new Date())).toMatchObject({ events: 3 });
    expect(await measureLag({ client, reached: await positionNow() }, new Date())).toEqual({ events: 0, seconds: 0 });
  });

  it('estimates a long way from the positions', async () => {
    const from = await positionNow();
    const batch = Array.from({ length: 500 }, () => jsonEvent({ type: 'RedriveRequested', data: { order_id: 'x' } }));
    for (let n = 0; n < 4; n += 1) await client.appendToStream(`order-${newOrderId()}`, batch);
    const { events } = await measureLag({ client, reached: from }, new Date());
    expect(events).toBeGreaterThan(1_900);
    expect(events).toBeLessThan(2_100);
  });
});

describe('identifyStore', () => {
  it('names a store once and for ever, and another one otherwise', async () => {
    const twins = await Promise.all([identifyStore(client), identifyStore(client), identifyStore(client)]);
    expect(new Set(twins).size).toBe(1);
    const other = await startTestEventStore();
    const otherClient = EventStoreDBClient.connectionString(other.url);
    expect(await identifyStore(otherClient)).not.toBe(twins[0]);
    await otherClient.dispose();
    await other.stop();
  });
});

describe('connectEventStore', () => {
  it('replaces a client that gets no answers', () => {
    let made = 0;
    const reasons: string[] = [];
    const connected = connectEventStore({
      createClient: () => {
        made += 1;
        return EventStoreDBClient.connectionString(embedded.url);
      },
      onReplaced: (reason) => reasons.push(reason),
    });
    const noAnswer = new NoAnswerError('no answer within 1 ms');
    for (let n = 0; n < 15; n += 1) connected.failed(noAnswer);
    connected.answered();
    for (let n = 0; n < 16; n += 1) connected.failed(noAnswer);
    for (let n = 0; n < 99; n += 1) connected.failed(new Error('what a client recovers from by itself'));
    expect({ made, reasons: reasons.length }).toEqual({ made: 2, reasons: 1 });
  });

  it('does not hold against a client what happened to the one before', () => {
    let made = 0;
    const connected = connectEventStore({
      createClient: () => {
        made += 1;
        return EventStoreDBClient.connectionString(embedded.url);
      },
      onReplaced: () => undefined,
    });
    const begunAtMs = performance.now();
    const noAnswer = new NoAnswerError('no answer within 1 ms');
    for (let n = 0; n < 500; n += 1) connected.failed(noAnswer, begunAtMs);
    expect(made).toBe(2);
  });
});
