// A log of orders for the commands that show it.
import { EventStoreDBClient } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { encodeEvents } from '@orders/order-store/event-codec';
import { eventJson } from '@orders/order-store/event-json';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { readOrderLog } from '@orders/order-store/read-log';
import { readLogEnd } from '@orders/order-store/store-identity';
import { startTestEventStore } from '@orders/test-kit/event-store';

const context = { correlationId: 'c-1', causationId: 'c-2' };

export async function startOrderLog() {
  const store = await startTestEventStore();
  const client = EventStoreDBClient.connectionString(store.url);
  const revisions = new Map<string, bigint>();
  return {
    store,
    client,
    env: { EVENTSTORE_URL: store.url },
    /** Behind what this function has appended to the order before. */
    append: async (orderId: string, ...events: OrderEvent[]) => {
      const expectedRevision = revisions.get(orderId) ?? 'no_stream';
      const encoded = encodeEvents({ orderId, expectedRevision, events, context });
      const { nextExpectedRevision } = await client.appendToStream(`order-${orderId}`, encoded);
      revisions.set(orderId, nextExpectedRevision);
    },
    recorded: () => orderEventsIn(client),
    stop: async () => {
      await client.dispose();
      await store.stop();
    },
  };
}

/** All of them, as a reading from the start finds them. */
export async function orderEventsIn(client: EventStoreDBClient): Promise<RecordedOrderEvent[]> {
  const to = await readLogEnd(client);
  if (to === null) return [];
  const pages = await Array.fromAsync(readOrderLog({ client, from: null, to }));
  return pages.flatMap(({ events }) => events);
}

export const jsonLines = (events: readonly RecordedOrderEvent[]): string =>
  events.map((event) => `${JSON.stringify(eventJson(event))}\n`).join('');
