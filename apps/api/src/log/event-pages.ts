// The events that a question asks for, page by page: small ones, so that placing orders never waits for a reader of
// the log, and one at a time, so that a reader of millions of events holds no more than one of them.
import type { LoadedOrder, RecordedOrderEvent } from '@orders/order-store/order-store';
import type { EventFilter, EventQuestion } from './event-query.ts';
import { type EventSources, logStart, type Place, type ReadPage } from './event-sources.ts';

export type EventPagesDeps = Pick<EventSources, 'readPage' | 'placeBefore'> & {
  load: (orderId: string) => Promise<LoadedOrder>;
};

export type MatchingEvents = {
  events: RecordedOrderEvent[];
  /** From here the next page goes on. */
  reached: Place;
  /** There is nothing further to be found at the moment. */
  atEnd: boolean;
};

const pageEventsMax = 200;
// One request looks at so much of the log at the most; the next one goes on where it stopped.
const pagesEachRequestMax = 50;
// The log has the order in which events were stored; the clock by which they are dated may have been put back.
const clockStepMaxMs = 60_000;

/**
 * To the end of the log, or to `until` (inclusive). Throws `NoSuchPositionError` for a cursor that is no position, and
 * whatever the event store does.
 */
export async function* matchingEvents(
  { readPage, placeBefore, load }: EventPagesDeps,
  { filter, orderId, cursor }: EventQuestion,
  until: Place | null = null,
): AsyncGenerator<MatchingEvents, void, void> {
  if (orderId !== null) {
    yield await eventsOfOrder({ readPage, load }, { orderId, cursor, filter });
    return;
  }
  const { recordedFromMs, recordedToMs } = filter;
  let reached = cursor ?? logStart;
  if (cursor === null && recordedFromMs !== null)
    reached = await placeBefore(new Date(recordedFromMs - clockStepMaxMs));
  const isTooYoung = ({ recordedAt }: RecordedOrderEvent) =>
    recordedToMs !== null && recordedAt.getTime() >= recordedToMs + clockStepMaxMs;
  for (;;) {
    const page = await readPage(reached, pageEventsMax);
    reached = page.reached;
    const events = page.events.filter((recorded) => {
      return matches(recorded, filter) && (until === null || recorded.position.commit <= until);
    });
    const atEnd = page.atEnd || (until !== null && reached >= until) || page.events.some(isTooYoung);
    yield { events, reached, atEnd };
    if (atEnd) return;
  }
}

/** As many events as one request may have, or may look for. */
export async function eventPage(
  matching: AsyncGenerator<MatchingEvents, void, void>,
  { cursor, limit }: { cursor: Place | null; limit: number },
): Promise<MatchingEvents> {
  const page: MatchingEvents = { events: [], reached: cursor ?? logStart, atEnd: false };
  let pages = 0;
  for await (const { events, reached, atEnd } of matching) {
    const room = limit - page.events.length;
    page.events.push(...events.slice(0, room));
    pages += 1;
    if (events.length > room) {
      page.reached = page.events.at(-1)?.position.commit ?? page.reached;
      break;
    }
    page.reached = reached;
    page.atEnd = atEnd;
    if (events.length === room || pages === pagesEachRequestMax) break;
  }
  return page;
}

type OfOrder = { orderId: string; cursor: Place | null; filter: EventFilter };

async function eventsOfOrder(
  { readPage, load }: { readPage: ReadPage; load: EventPagesDeps['load'] },
  { orderId, cursor, filter }: OfOrder,
): Promise<MatchingEvents> {
  // Only to hear whether there is such a place.
  if (cursor !== null && cursor !== logStart) await readPage(cursor, 1);
  const { history } = await load(orderId);
  const after = cursor ?? logStart;
  const later = history.filter(({ position }) => position.commit > after);
  const events = later.filter((recorded) => matches(recorded, filter));
  return { events, reached: later.at(-1)?.position.commit ?? after, atEnd: true };
}

function matches({ event, recordedAt }: RecordedOrderEvent, { types, recordedFromMs, recordedToMs }: EventFilter) {
  const recordedAtMs = recordedAt.getTime();
  return (
    (types === null || types.has(event.type)) &&
    (recordedFromMs === null || recordedAtMs >= recordedFromMs) &&
    (recordedToMs === null || recordedAtMs < recordedToMs)
  );
}
