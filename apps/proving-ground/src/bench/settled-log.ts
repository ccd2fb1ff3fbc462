// A log of orders that were all placed, as the gateway writes them, and written in this process: over the wire it would
// take minutes. Many orders are under way at once, so that the events of one are hundreds of events apart.
import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { type EventStore, openStore } from '@orders/event-store/storage/store';
import { encodeEvents } from '@orders/order-store/event-codec';
import { orderStream } from '@orders/order-store/order-store';

export const eventsPerOrder = 3;
const ordersAtOnce = 250;

/** Resolves when `orders` orders are on the disk. */
export async function writeSettledLog(dataFolder: string, orders: number): Promise<void> {
  const store = openStore(dataFolder);
  for (let written = 0; written < orders; written += ordersAtOnce) {
    const count = Math.min(ordersAtOnce, orders - written);
    const lives = Array.from({ length: count }, () => settledOrder(randomUUID()));
    for (let number = 0; number < eventsPerOrder; number += 1) {
      await Promise.all(lives.map(({ id, events }) => append(store, id, number, events.slice(number, number + 1))));
    }
  }
  await store.close();
}

async function append(store: EventStore, orderId: string, number: number, events: readonly OrderEvent[]) {
  const expectedRevision = number === 0 ? 'no_stream' : BigInt(number - 1);
  const context = { correlationId: randomUUID(), causationId: randomUUID() };
  const outcome = await store.write({
    kind: 'append',
    stream: orderStream(orderId),
    expected: number === 0 ? 'no_stream' : number - 1,
    events: encodeEvents({ orderId, expectedRevision, events, context }).map(stored),
  });
  if (outcome.kind !== 'success') throw new Error(`an event of the log was not written: ${outcome.kind}`);
}

function stored({ id, type, data, metadata }: EventData) {
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  return { id, type, isJson: true, data: bytes(data), metadata: bytes(metadata) };
}

function settledOrder(id: string): { id: string; events: OrderEvent[] } {
  const [placed_at, started_at, submitted_at] = [0, 20, 550].map((ms) => new Date(Date.now() + ms).toISOString()) as [
    string,
    string,
    string,
  ];
  const terms = { side: 'buy', instrument: 'DE0007164600', quantity: 5 } as const;
  const placed = { order_id: id, account_id: 'default', placed_at, type: 'limit', limit_price: '120.50' } as const;
  const submitted = { order_id: id, exchange_order_id: randomUUID(), attempts: 1, submitted_at } as const;
  return {
    id,
    events: [
      { type: 'OrderPlaced', data: { ...placed, ...terms } },
      { type: 'SubmissionStarted', data: { order_id: id, attempt: 1, started_at } },
      { type: 'OrderSubmitted', data: { ...submitted, evidence: 'response' } },
    ],
  };
}
