// Every order event between two positions of the log, page by page, for whoever needs the past once and not a
// subscription. The client cannot filter such a read, so the events of others are passed over here.
import { type EventStoreDBClient, FORWARDS, START } from '@eventstore/db-client';
import { withinMs } from './deadline.ts';
import { decodeEvent } from './event-codec.ts';
import { type LogPosition, orderStreamPrefix, type RecordedOrderEvent } from './order-store.ts';

export type OrderLogPage = {
  /** In the order of the log; empty when the page held only events of others. */
  events: RecordedOrderEvent[];
  /** Events in order streams that this version cannot read. */
  unreadable: { orderId: string; revision: bigint; type: string }[];
};

export type LogRange = {
  client: EventStoreDBClient;
  /** Exclusive; `null` for the start of the log. */
  from: LogPosition | null;
  /** Inclusive. */
  to: LogPosition;
  /** Events of the whole log, of orders or not, for each read. */
  pageSize?: number;
};

const pageWithinMs = 30_000;

/** Throws what the client throws, and `NoAnswerError` when a page takes longer than 30 s. */
export async function* readOrderLog({ client, from, to, pageSize = 1_000 }: LogRange): AsyncGenerator<OrderLogPage> {
  let reached = from;
  for (;;) {
    // A read begins with the event at its position, which the page before has handed over already.
    const maxCount = pageSize + 1;
    const read = client.readAll({ direction: FORWARDS, fromPosition: reached ?? START, maxCount });
    const resolved = await withinMs(pageWithinMs, Array.fromAsync(read));
    const page: OrderLogPage = { events: [], unreadable: [] };
    let furthest = reached;
    for (const entry of resolved) {
      const { event } = entry;
      if (event?.position === undefined || !isLater(event.position, furthest)) continue;
      furthest = event.position;
      if (isLater(furthest, to)) break;
      if (!event.streamId.startsWith(orderStreamPrefix)) continue;
      const recorded = decodeEvent(entry);
      const { revision, type } = event;
      if (recorded !== null) page.events.push(recorded);
      else page.unreadable.push({ orderId: event.streamId.slice(orderStreamPrefix.length), revision, type });
    }
    yield page;
    if (furthest === reached || furthest === null || resolved.length < maxCount || !isLater(to, furthest)) return;
    reached = furthest;
  }
}

function isLater(a: LogPosition, b: LogPosition | null): boolean {
  if (b === null) return true;
  return a.commit > b.commit || (a.commit === b.commit && a.prepare > b.prepare);
}
