import { type EventStoreDBClient, FORWARDS, START, StreamNotFoundError } from '@eventstore/db-client';
import { withinMs } from '@orders/order-store/deadline';
import { decodeEvent } from '@orders/order-store/event-codec';
import { orderStream, type RecordedOrderEvent } from '@orders/order-store/order-store';
import { askEventStore } from '../event-store.ts';

const answerWithinMs = 30_000;
const eventsMax = 50_000;

/** The events of an order that this version can read: what it cannot, a fold of the log passes over as well. */
export function readHistory(client: EventStoreDBClient, orderId: string): Promise<RecordedOrderEvent[]> {
  const options = { fromRevision: START, direction: FORWARDS, maxCount: eventsMax } as const;
  return askEventStore(async () => {
    try {
      const read = client.readStream(orderStream(orderId), options);
      const events = await withinMs(answerWithinMs, Array.fromAsync(read));
      return events.flatMap((event) => decodeEvent(event) ?? []);
    } catch (error) {
      if (error instanceof StreamNotFoundError) return [];
      throw error;
    }
  });
}
