// Every order event between two positions of the log, page by page, for whoever needs the past once and not a
// subscription. The client cannot filter such a read, so the events of others are passed over here.
import {
  type AllStreamResolvedEvent,
  type EventStoreDBClient,
  FORWARDS,
  START,
  type StreamingRead,
} from '@eventstore/db-client';
import { withinMs } from './deadline.ts';
import { decodeEvent } from './event-codec.ts';
import { isLater, type LogPosition, orderStreamPrefix, type RecordedOrderEvent } from './order-store.ts';

export type OrderLogPage = {
  /** In the order of the log; empty when the page held only events of others. */
  events: RecordedOrderEvent[];
  /** Events in order streams that this version cannot read. */
  unreadable: { orderId: string; revision: bigint; type: string; position: LogPosition }[];
  /** The last event, of whatever stream, that was looked at. */
  reached: LogPosition | null;
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

/** A read ended before its range did, and without a word. */
export class LogCutShortError extends Error {
  override readonly name = 'LogCutShortError';
}

/**
 * Throws what the client throws, `NoAnswerError` when a page takes longer than 30 s, and {@link LogCutShortError}: what
 * ends without an error has handed over everything up to `to`.
 */
export async function* readOrderLog({ client, from, to, pageSize = 1_000 }: LogRange): AsyncGenerator<OrderLogPage> {
  // A read begins with the event at its position, which the page before has handed over already.
  const maxCount = pageSize + 1;
  let reached = from;
  let reading: Promise<AllStreamResolvedEvent[]> | null = readEvents(client, reached, maxCount);
  while (reading !== null) {
    const resolved: AllStreamResolvedEvent[] = await reading;
    const last = resolved.at(-1)?.event?.position;
    const isLast = resolved.length < maxCount || last === undefined || !isLater(last, reached) || !isLater(to, last);
    // While this page is worked on, the event store looks for the next one.
    reading = isLast ? null : readEvents(client, last, maxCount);
    const page = orderEventsIn(resolved, reached, to);
    reached = page.reached;
    yield page;
  }
  if (isLater(to, reached)) await expectNothing(client, { after: reached, to });
}

/** `to` need not be the position of an event. */
async function expectNothing(
  client: EventStoreDBClient,
  { after, to }: { after: LogPosition | null; to: LogPosition },
) {
  const found = (await readEvents(client, after, 2)).map(({ event }) => event?.position);
  const missed = found.find((position) => position !== undefined && isLater(position, after) && !isLater(position, to));
  if (missed !== undefined) throw new LogCutShortError(`a read of the log ended before position ${missed.commit}`);
}

/** Bounded by `maxCount` and always read to its end: the client does not let go of a read that is left early. */
function readEvents(client: EventStoreDBClient, from: LogPosition | null, maxCount: number) {
  const read = client.readAll({ direction: FORWARDS, fromPosition: from ?? START, maxCount });
  const reading = withinMs(pageWithinMs, collect(read));
  // Whoever awaits it hears of a failure; a reader that has left early does not, and need not.
  reading.catch(() => undefined);
  return reading;
}

/** What an asynchronous iteration would do, without a turn of the queue of promises for every event. */
function collect(read: StreamingRead<AllStreamResolvedEvent>): Promise<AllStreamResolvedEvent[]> {
  const { promise, resolve, reject } = Promise.withResolvers<AllStreamResolvedEvent[]>();
  const events: AllStreamResolvedEvent[] = [];
  read
    .on('data', (event: AllStreamResolvedEvent) => void events.push(event))
    .once('error', reject)
    .once('end', () => resolve(events))
    .once('close', () => reject(new Error('the read was closed before its end')));
  return promise;
}

/** Those after `reached`, up to `to`. */
function orderEventsIn(resolved: readonly AllStreamResolvedEvent[], reached: LogPosition | null, to: LogPosition) {
  const page: OrderLogPage = { events: [], unreadable: [], reached };
  for (const entry of resolved) {
    const { event } = entry;
    if (event?.position === undefined || !isLater(event.position, reached)) continue;
    if (isLater(event.position, to)) break;
    page.reached = event.position;
    if (!event.streamId.startsWith(orderStreamPrefix)) continue;
    const recorded = decodeEvent(entry);
    const { revision, type, position } = event;
    if (recorded !== null) page.events.push(recorded);
    else page.unreadable.push({ orderId: event.streamId.slice(orderStreamPrefix.length), revision, type, position });
  }
  return page;
}
