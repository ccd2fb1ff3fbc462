// The API on a port of its own, over an embedded event store: what clients of the log and of the streams see.
import type { AddressInfo } from 'node:net';
import { EventStoreDBClient } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { connectEventStore } from '@orders/order-store/event-store-connection';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import type { ExpectedRevision, RecordedOrderEvent } from '@orders/order-store/order-store';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { orderPlaced, orderSubmitted, submissionStarted } from '@orders/test-kit/order-events';
import { v4 as uuidV4, v7 as uuidV7 } from 'uuid';
import { onTestFinished } from 'vitest';
import type { EventRouteLimits } from '../src/event-routes.ts';
import { eventStoreSources } from '../src/log/event-sources.ts';
import type { ServerDeps } from '../src/server.ts';
import { apiUnderTest } from './api-under-test.ts';

type Options = { port?: number; streams?: Partial<EventRouteLimits>; replaced?: Partial<ServerDeps> };

export type EventApi = Awaited<ReturnType<typeof startEventApi>>;

/** Both end with the test; an API can be closed before, and started again on its port. */
export async function startEventApi(eventStore: TestEventStore, { port = 0, streams, replaced }: Options = {}) {
  const { connection, store } = connectTo(eventStore);
  const sources = eventStoreSources(connection);
  const api = await apiUnderTest({ ...store, events: sources, ...(streams && { streams }), ...replaced });
  await api.app.listen({ host: '127.0.0.1', port });
  const address = api.app.server.address() as AddressInfo;
  return { ...api, sources, port: address.port, url: `http://127.0.0.1:${address.port}` };
}

export async function startStore(): Promise<TestEventStore> {
  const eventStore = await startTestEventStore();
  onTestFinished(eventStore.stop);
  return eventStore;
}

function connectTo({ url }: TestEventStore) {
  const connection = connectEventStore({
    createClient: () => EventStoreDBClient.connectionString(url),
    onReplaced: () => undefined,
  });
  onTestFinished(() => connection.close().catch(() => undefined));
  const limits = { tryTimeoutMs: 2_000, budgetMs: 20_000 };
  return { connection, store: eventStoreOrderStore({ connection, limits }) };
}

/** Writes events as the gateway does, and reads back what stands in the log. */
export function eventWriter(eventStore: TestEventStore) {
  const { connection, store } = connectTo(eventStore);
  const sources = eventStoreSources(connection);

  async function append(orderId: string, expectedRevision: ExpectedRevision, ...events: OrderEvent[]) {
    const context = { correlationId: 'test', causationId: uuidV4() };
    const result = await store.append({ orderId, expectedRevision, events, context });
    if (result.kind !== 'stored') throw new Error('a rival in a test of its own');
    return result;
  }

  /** An order that has three events. */
  async function settledOrder(): Promise<string> {
    const id = uuidV7();
    await append(id, 'no_stream', orderPlaced(id), submissionStarted(id), orderSubmitted(id));
    return id;
  }

  async function wholeLog(): Promise<RecordedOrderEvent[]> {
    const log: RecordedOrderEvent[] = [];
    for (let from = 0n; ; ) {
      const { events, reached, atEnd } = await sources.readPage(from, 1_000);
      log.push(...events);
      if (atEnd) return log;
      from = reached;
    }
  }

  return { append, settledOrder, wholeLog, connection, readEnd: sources.readEnd };
}
