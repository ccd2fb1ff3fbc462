// One page of the log at a time, for readers that stop in between and come back: each page says how far it has looked,
// and whether that was the end. A page is whole or an error: the client ends a read without a word when it is replaced.
import { type AllStreamResolvedEvent, type EventStoreDBClient, FORWARDS, START } from '@eventstore/db-client';
import { withinMs } from './deadline.ts';
import { decodeEvent } from './event-codec.ts';
import type { EventStoreConnection } from './event-store-connection.ts';
import { type LogPosition, orderStreamPrefix, type RecordedOrderEvent } from './order-store.ts';

export type LogPage = {
  /** In the order of the log, without the events of others and those that this version cannot read. */
  events: RecordedOrderEvent[];
  /** Where the last event stands that was looked at, of orders or not; where the page began when there was none. */
  reached: LogPosition | null;
  /** Whether the log held nothing after that. */
  atEnd: boolean;
};

/** No event stands at the position, or the log ends before it. */
export class NoSuchPositionError extends Error {
  override readonly name = 'NoSuchPositionError';
}

type Connection = Pick<EventStoreConnection, 'client' | 'answered' | 'failed'>;

export type PageRequest = {
  /** Exclusive; `null` for the start of the log. */
  from: LogPosition | null;
  /** Events of the whole log, of orders or not. */
  eventsMax: number;
};

const answerWithinMs = 10_000;

/**
 * Rejects with `NoSuchPositionError`, with what the client throws, and with `NoAnswerError` after 10 s. How it went is
 * told to the connection.
 */
export async function readLogPage(connection: Connection, request: PageRequest): Promise<LogPage> {
  const begunAtMs = performance.now();
  const client = connection.client();
  try {
    const resolved = await withinMs(answerWithinMs, readEntries(client, request));
    if (client !== connection.client()) throw new Error('the client of the event store was replaced during a read');
    connection.answered();
    return pageOf(resolved, request);
  } catch (error) {
    if (error instanceof NoSuchPositionError) throw error;
    connection.failed(error, begunAtMs);
    throw error;
  }
}

// A read begins with the event at its position, which whoever names the position has already.
const countOf = ({ from, eventsMax }: PageRequest): number => (from === null ? eventsMax : eventsMax + 1);

async function readEntries(client: EventStoreDBClient, request: PageRequest) {
  const { from } = request;
  const maxCount = countOf(request);
  try {
    return await Array.fromAsync(client.readAll({ direction: FORWARDS, fromPosition: from ?? START, maxCount }));
  } catch (error) {
    // EventStoreDB refuses a position between two events, in one of these words.
    if (error instanceof Error && /InvalidPosition|invalid position/i.test(error.message)) {
      throw new NoSuchPositionError(`no event stands at ${from?.commit}`, { cause: error });
    }
    throw error;
  }
}

function pageOf(resolved: readonly AllStreamResolvedEvent[], request: PageRequest): LogPage {
  const { from } = request;
  if (from !== null && resolved.length === 0) throw new NoSuchPositionError(`the log ends before ${from.commit}`);
  const page: LogPage = { events: [], reached: from, atEnd: resolved.length < countOf(request) };
  for (const entry of resolved) {
    const { event } = entry;
    if (event?.position === undefined) continue;
    if (from !== null && event.position.commit <= from.commit) continue;
    page.reached = event.position;
    if (!event.streamId.startsWith(orderStreamPrefix)) continue;
    const recorded = decodeEvent(entry);
    if (recorded !== null) page.events.push(recorded);
  }
  return page;
}
