import { Readable } from 'node:stream';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { orderPlaced } from '@orders/test-kit/order-events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogPosition } from '../src/order-store.ts';
import { LogCutShortError, type OrderLogPage, readOrderLog } from '../src/read-log.ts';
import { readLogEnd } from '../src/store-identity.ts';
import { newOrderId } from './store-contract.ts';

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

async function place(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, newOrderId);
  for (const id of ids) await client.appendToStream(`order-${id}`, jsonEvent(orderPlaced(id)));
  return ids;
}

async function end(): Promise<LogPosition> {
  const position = await readLogEnd(client);
  if (position === null) throw new Error('the log is empty');
  return position;
}

const idsIn = (pages: OrderLogPage[]) => pages.flatMap(({ events }) => events.map(({ orderId }) => orderId));

describe('readOrderLog', () => {
  it.each([1, 2, 7, 20, 1_000])('hands over each order event of its range once, in pages of %i', async (pageSize) => {
    await place(3);
    const from = await end();
    const ids = await place(20);
    const to = await end();
    await place(3);
    expect(idsIn(await Array.fromAsync(readOrderLog({ client, from, to, pageSize })))).toEqual(ids);
  });

  it('begins at the start of the log', async () => {
    const fresh = await startTestEventStore();
    const other = EventStoreDBClient.connectionString(fresh.url);
    await other.appendToStream('order-first', jsonEvent(orderPlaced('first')));
    const to = await readLogEnd(other);
    const pages = to === null ? [] : await Array.fromAsync(readOrderLog({ client: other, from: null, to }));
    expect(idsIn(pages)).toEqual(['first']);
    await other.dispose();
    await fresh.stop();
  });

  it('passes over the events of others, however many pages they fill', async () => {
    const from = await end();
    const before = await place(1);
    await client.appendToStream(
      'other',
      Array.from({ length: 50 }, () => jsonEvent({ type: 'Noise', data: {} })),
    );
    const after = await place(1);
    const pages = await Array.fromAsync(readOrderLog({ client, from, to: await end(), pageSize: 10 }));
    expect(idsIn(pages)).toEqual([...before, ...after]);
  });

  it('names the events in order streams that it cannot read', async () => {
    const from = await end();
    const id = newOrderId();
    await client.appendToStream(`order-${id}`, [
      jsonEvent(orderPlaced(id)),
      jsonEvent({ type: 'OrderTeleported', data: {} }),
    ]);
    const pages = await Array.fromAsync(readOrderLog({ client, from, to: await end() }));
    expect(pages.flatMap(({ unreadable }) => unreadable)).toMatchObject([
      { orderId: id, revision: 1n, type: 'OrderTeleported', position: await end() },
    ]);
    expect(pages.at(-1)?.reached).toEqual(await end());
    expect(idsIn(pages)).toEqual([id]);
  });

  it.each([1, 2])(
    'throws when read %i ends early without a word, as it does when the client is disposed of',
    async (which) => {
      const from = await end();
      await place(4);
      const to = await end();
      let reads = 0;
      const readAll = (options: Parameters<EventStoreDBClient['readAll']>[0]) => {
        reads += 1;
        return reads === which ? Readable.from([]) : client.readAll(options);
      };
      const early = Object.assign(Object.create(client), { readAll }) as EventStoreDBClient;
      await expect(Array.fromAsync(readOrderLog({ client: early, from, to, pageSize: 2 }))).rejects.toThrow(
        LogCutShortError,
      );
    },
  );

  it('ends at the end of the log when its range goes further', async () => {
    const from = await end();
    const ids = await place(3);
    const { commit, prepare } = await end();
    const to = { commit: commit + 1n, prepare: prepare + 1n };
    expect(idsIn(await Array.fromAsync(readOrderLog({ client, from, to, pageSize: 2 })))).toEqual(ids);
  });

  it('throws when the event store goes away', async () => {
    const doomed = await startTestEventStore();
    const other = EventStoreDBClient.connectionString(doomed.url);
    await other.appendToStream(
      'order-x',
      Array.from({ length: 10 }, () => jsonEvent(orderPlaced('x'))),
    );
    const to = await readLogEnd(other);
    if (to === null) throw new Error('the log is empty');
    const pages = readOrderLog({ client: other, from: null, to, pageSize: 2 });
    await pages.next();
    await doomed.stop();
    // The next page may be there already; the last one cannot.
    await expect(Array.fromAsync(pages)).rejects.toThrow();
    await other.dispose().catch(() => undefined);
  });
});
