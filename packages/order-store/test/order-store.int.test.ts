// EVENTSTORE_URL, when set, names a real server to hold to the same contract.
import { EventStoreDBClient } from '@eventstore/db-client';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { afterAll, beforeAll } from 'vitest';
import { connectEventStore, type EventStoreConnection } from '../src/event-store-connection.ts';
import { eventStoreOrderStore } from '../src/event-store-order-store.ts';
import { memoryOrderStore } from '../src/memory-order-store.ts';
import { orderStoreContract } from './store-contract.ts';

let embedded: TestEventStore;
let connection: EventStoreConnection;

beforeAll(async () => {
  embedded = await startTestEventStore();
  const url = process.env.EVENTSTORE_URL ?? embedded.url;
  connection = connectEventStore({
    createClient: () => EventStoreDBClient.connectionString(url),
    onReplaced: () => undefined,
  });
});

afterAll(async () => {
  await connection.close();
  await embedded.stop();
});

const memory = memoryOrderStore();
orderStoreContract('in memory', () => memory);
orderStoreContract('on EventStoreDB', () =>
  eventStoreOrderStore({ connection, limits: { tryTimeoutMs: 5_000, budgetMs: 20_000 } }),
);
