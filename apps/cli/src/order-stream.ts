// The events of one order, page by page, so that an order which an exchange turned away for weeks needs no more memory
// than any other one.
import { type EventStoreDBClient, START, StreamNotFoundError } from '@eventstore/db-client';
import { withinMs } from '@orders/order-store/deadline';
import { decodeEvent } from '@orders/order-store/event-codec';
import { orderStream, type RecordedOrderEvent } from '@orders/order-store/order-store';

export type OrderStreamPage = {
  events: RecordedOrderEvent[];
  /** Those that this version cannot read. */
  unreadable: { revision: bigint; type: string }[];
};

const pageSize = 1_000;
const answerWithinMs = 10_000;

/**
 * The first `eventsMax` events of the order; no page at all when there is no such order. Throws what the client
 * throws, and `NoAnswerError` when a page takes longer than 10 s.
 */
export async function* readOrderStream(
  client: EventStoreDBClient,
  orderId: string,
  eventsMax = Number.POSITIVE_INFINITY,
): AsyncGenerator<OrderStreamPage> {
  let read = 0;
  for (;;) {
    const maxCount = Math.min(pageSize, eventsMax - read);
    if (maxCount <= 0) return;
    const fromRevision = read === 0 ? START : BigInt(read);
    const resolved = await withinMs(answerWithinMs, readPage(client, orderId, { fromRevision, maxCount }));
    const page: OrderStreamPage = { events: [], unreadable: [] };
    for (const entry of resolved) {
      const recorded = decodeEvent(entry);
      if (recorded !== null) page.events.push(recorded);
      else if (entry.event !== undefined)
        page.unreadable.push({ revision: entry.event.revision, type: entry.event.type });
    }
    if (resolved.length > 0) yield page;
    if (resolved.length < maxCount) return;
    read += resolved.length;
  }
}

async function readPage(
  client: EventStoreDBClient,
  orderId: string,
  range: { fromRevision: typeof START | bigint; maxCount: number },
) {
  try {
    return await Array.fromAsync(client.readStream(orderStream(orderId), range));
  } catch (error) {
    if (error instanceof StreamNotFoundError) return [];
    throw error;
  }
}
