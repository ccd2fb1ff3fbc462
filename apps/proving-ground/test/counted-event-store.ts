// An embedded event store for tests that count: what its client was asked for, what reached the server, and what was
// committed. Only orders count: the store's own name is read and written at every start of a projector.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { startEventStoreServer } from '@orders/event-store/server';
import { type EventStore, openStore } from '@orders/event-store/storage/store';
import { connectEventStore, type EventStoreConnection } from '@orders/order-store/event-store-connection';
import { orderStream, orderStreamPrefix } from '@orders/order-store/order-store';

export type EventStoreCounts = {
  /** What the parts of the gateway asked their client for. */
  client: { appends: number; streamReads: number; logReads: number };
  /** What the server did for it. A whole stream is two pages: its events, and the nothing behind them. */
  server: { appends: number; streamPages: number; committedEvents: number };
};

export type CountedEventStore = {
  connection: EventStoreConnection;
  /** Since the last `reset`. */
  counts: () => EventStoreCounts;
  reset: () => void;
  /** The types of the events in the stream of an order, read past all counters. */
  eventTypes: (orderId: string) => string[];
  stop: () => Promise<void>;
};

const none = (): EventStoreCounts => ({
  client: { appends: 0, streamReads: 0, logReads: 0 },
  server: { appends: 0, streamPages: 0, committedEvents: 0 },
});

const historyMax = 100;

export async function startCountedEventStore(): Promise<CountedEventStore> {
  const dir = await mkdtemp(join(tmpdir(), 'orders-counted-event-store-'));
  let counts = none();
  const store = openStore(dir);
  store.onCommitted(({ events }) => {
    counts.server.committedEvents += events.filter(({ stream }) => isOrder(stream)).length;
  });
  const countedStore: EventStore = {
    ...store,
    write: (request) => {
      if (isOrder(request.stream)) counts.server.appends += 1;
      return store.write(request);
    },
    readStream: (stream, page) => {
      if (isOrder(stream)) counts.server.streamPages += 1;
      return store.readStream(stream, page);
    },
  };
  const server = await startEventStoreServer({ host: '127.0.0.1', port: 0, store: countedStore });
  // Patient: an append that a busy machine holds up must not be sent, and counted, twice.
  const url = `esdb://127.0.0.1:${server.port}?tls=false&defaultDeadline=60000`;
  const connection = connectEventStore({
    createClient: () => countedClient(EventStoreDBClient.connectionString(url), () => counts.client),
    onReplaced: () => undefined,
  });

  return {
    connection,
    counts: () => structuredClone(counts),
    reset: () => {
      counts = none();
    },
    eventTypes: (orderId) =>
      store
        .readWholeStream(orderStream(orderId), { from: 0, direction: 'forwards', limit: historyMax })
        .map(({ type }) => type),
    stop: async () => {
      await connection.close();
      await server.close();
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The same client, which counts what it is called for. */
function countedClient(client: EventStoreDBClient, counts: () => EventStoreCounts['client']): EventStoreDBClient {
  type What = keyof EventStoreCounts['client'];
  function counted<Method extends object>(method: Method, what: What, isCounted: (args: unknown[]) => boolean): Method {
    return new Proxy(method, {
      apply: (target, self, args) => {
        if (isCounted(args)) counts()[what] += 1;
        return Reflect.apply(target as unknown as (...args: unknown[]) => unknown, self, args);
      },
    });
  }
  const ofOrder = ([stream]: unknown[]) => isOrder(String(stream));
  client.appendToStream = counted(client.appendToStream, 'appends', ofOrder);
  client.readStream = counted(client.readStream, 'streamReads', ofOrder);
  client.readAll = counted(client.readAll, 'logReads', () => true);
  return client;
}

const isOrder = (stream: string): boolean => stream.startsWith(orderStreamPrefix);
