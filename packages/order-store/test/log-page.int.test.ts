import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { orderPlaced } from '@orders/test-kit/order-events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NoSuchPositionError, readLogPage } from '../src/log-page.ts';
import type { LogPosition } from '../src/order-store.ts';
import { readLogEnd } from '../src/store-identity.ts';
import { newOrderId } from './store-contract.ts';

let embedded: TestEventStore;
let client: EventStoreDBClient;
const observed = { answered: 0, failed: [] as unknown[] };
const connection = {
  client: () => client,
  answered: () => {
    observed.answered += 1;
  },
  failed: (error: unknown) => observed.failed.push(error),
};

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

const noise = (count: number) =>
  client.appendToStream(
    'other',
    Array.from({ length: count }, () => jsonEvent({ type: 'Noise', data: {} })),
  );

describe('readLogPage', () => {
  it.each([1, 2, 7, 20, 1_000])('leads through the log in pages of %i, each event once', async (eventsMax) => {
    const from = await readLogEnd(client);
    const before = await place(3);
    await noise(5);
    const after = await place(4);
    const ids: string[] = [];
    for (let place: LogPosition | null = from; ; ) {
      const { events, reached, atEnd } = await readLogPage(connection, { from: place, eventsMax });
      expect(events.length).toBeLessThanOrEqual(eventsMax);
      ids.push(...events.map(({ orderId }) => orderId));
      place = reached;
      if (atEnd) break;
    }
    expect(ids).toEqual([...before, ...after]);
  });

  it('reaches past the events of others, so that whoever goes on does not meet them again', async () => {
    const from = await readLogEnd(client);
    await noise(10);
    const page = await readLogPage(connection, { from, eventsMax: 100 });
    expect(page).toEqual({ events: [], reached: await readLogEnd(client), atEnd: true });
  });

  it('tells a place beyond the end of the log from the end', async () => {
    const end = await readLogEnd(client);
    if (end === null) throw new Error('the log is empty');
    expect(await readLogPage(connection, { from: end, eventsMax: 10 })).toEqual({
      events: [],
      reached: end,
      atEnd: true,
    });
    const beyond = { commit: end.commit + 1n, prepare: end.commit + 1n };
    await expect(readLogPage(connection, { from: beyond, eventsMax: 10 })).rejects.toThrow(NoSuchPositionError);
  });

  it.each([
    'Unexpected ReadAllResult: InvalidPosition',
    '3 INVALID_ARGUMENT: Trying to read from an invalid position.',
  ])('takes the words of EventStoreDB for the same: %s', async (message) => {
    const refusing = { ...connection, client: () => readingFails(new Error(message)) };
    const from = { commit: 5n, prepare: 5n };
    const failuresBefore = observed.failed.length;
    await expect(readLogPage(refusing, { from, eventsMax: 10 })).rejects.toThrow(NoSuchPositionError);
    expect(observed.failed.length).toBe(failuresBefore);
  });

  it('fails, and says so, when the event store does, and when its client was replaced in the middle', async () => {
    const failure = new Error('connection refused');
    const failing = { ...connection, client: () => readingFails(failure) };
    await expect(readLogPage(failing, { from: null, eventsMax: 10 })).rejects.toBe(failure);
    expect(observed.failed.at(-1)).toBe(failure);

    // The client was another one each time that it was asked for.
    const replaced = { ...connection, client: () => Object.create(client) };
    await expect(readLogPage(replaced, { from: null, eventsMax: 10 })).rejects.toThrow('replaced');
  });
});

function readingFails(error: Error): EventStoreDBClient {
  async function* read() {
    yield await Promise.reject(error);
  }
  return { readAll: read } as unknown as EventStoreDBClient;
}
