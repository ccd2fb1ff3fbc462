// What is under way while a client is replaced by another one, so that for a moment there are two.
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient } from '@eventstore/db-client';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { orderPlaced, submissionStarted } from '@orders/test-kit/order-events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectEventStore, type EventStoreConnection } from '../src/event-store-connection.ts';
import { eventStoreOrderStore } from '../src/event-store-order-store.ts';

let embedded: TestEventStore;
const connections: EventStoreConnection[] = [];

beforeEach(async () => {
  embedded = await startTestEventStore();
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map(({ close }) => close()));
  await embedded.stop();
});

function connect() {
  const createClient = () => EventStoreDBClient.connectionString(embedded.url);
  const connection = connectEventStore({ createClient, onReplaced: () => undefined });
  connections.push(connection);
  const { append, load } = eventStoreOrderStore({ connection, limits: { tryTimeoutMs: 2_000, budgetMs: 20_000 } });
  const place = () => {
    const orderId = randomUUID();
    const context = { correlationId: 'r', causationId: randomUUID(), traceparent: undefined };
    return append({ orderId, expectedRevision: 'no_stream', events: [orderPlaced(orderId)], context });
  };
  return { append, load, place, connection };
}

it('stores all appends, and ends no process, although the stream of another client breaks', async () => {
  const [lasting, leaving] = [connect(), connect()];
  await Promise.all([lasting.place(), leaving.place()]);
  const pending = Array.from({ length: 300 }, () => lasting.place());
  // The answers are on their way when the table of all of them is emptied.
  await leaving.connection.client().dispose();
  const results = await Promise.all(pending);
  expect(results.every(({ kind }) => kind === 'stored')).toBe(true);
  expect(await lasting.place()).toMatchObject({ kind: 'stored' });
});

it('reads every history to its end, although the client of the read is replaced', async () => {
  const { append, load, connection } = connect();
  const orderId = randomUUID();
  const attempts = Array.from({ length: 400 }, (_, n) => submissionStarted(orderId, n + 1));
  const context = { correlationId: 'r', causationId: randomUUID(), traceparent: undefined };
  const events = [orderPlaced(orderId), ...attempts];
  await append({ orderId, expectedRevision: 'no_stream', events, context });
  for (let round = 0; round < 20; round += 1) {
    const before = connection.client();
    const reads = Array.from({ length: 10 }, () => load(orderId));
    // By chance of the moment: before the first event of a read, in the middle, or at the end.
    await new Promise((resolve) => setTimeout(resolve, round));
    connection.failed(new Error('Failed to discover after 1 attempts.'));
    expect(connection.client()).not.toBe(before);
    const lengths = (await Promise.all(reads)).map(({ history }) => history.length);
    expect(lengths).toEqual(reads.map(() => events.length));
  }
});
