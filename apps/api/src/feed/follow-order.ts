// The events of one order, without gap or repeat: its stream, then what the feed hands on. Revisions are consecutive,
// so what was sent already is known, and a missing one is noticed: then the stream is read again.
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadedOrder, RecordedOrderEvent } from '@orders/order-store/order-store';
import type { Place } from '../log/event-sources.ts';
import { createBell } from './bell.ts';
import type { EventFeed } from './event-feed.ts';
import { eventText } from './event-stream-text.ts';
import type { Chunk } from './recent-events.ts';

export type FollowOrderDeps = {
  feed: Pick<EventFeed, 'listen' | 'recent'>;
  load: (orderId: string) => Promise<LoadedOrder>;
  onStreamRead: () => void;
};

// An order has a handful of events: a reader that has more of them waiting is one that does not read.
const waitingMax = 64;
const chunkEventsMax = 64;
const pauseMs = 1_000;

type Following = {
  orderId: string;
  /** Events up to here were received earlier; `null` for none. */
  after: Place | null;
};

/** Ends only with the signal. While the event store is away, it waits and tries again. */
export async function* followOrder(
  { feed, load, onStreamRead }: FollowOrderDeps,
  { orderId, after }: Following,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, void> {
  const bell = createBell();
  const waiting: RecordedOrderEvent[] = [];
  let complete = false;
  let nextRevision = 0n;
  const onEvent = (recorded: RecordedOrderEvent) => {
    if (waiting.length < waitingMax) waiting.push(recorded);
    else complete = false;
    bell.ring();
  };
  const stopListening = feed.listen({ onBegun: bell.ring, order: { id: orderId, onEvent } });
  signal.addEventListener('abort', bell.ring, { once: true });

  /** What was not sent yet, in the order of the stream, up to the first that is missing. */
  function unsent(events: readonly RecordedOrderEvent[]): RecordedOrderEvent[] {
    const next: RecordedOrderEvent[] = [];
    for (const recorded of events) {
      if (recorded.revision < nextRevision) continue;
      if (recorded.revision > nextRevision) {
        complete = false;
        break;
      }
      nextRevision += 1n;
      if (after === null || recorded.position.commit > after) next.push(recorded);
    }
    return next;
  }

  try {
    while (!signal.aborted) {
      // Before the feed has begun, an event could be too late for the stream as it was read, and too early for the feed.
      if (feed.recent() === null || (complete && waiting.length === 0)) {
        await bell.rung();
        continue;
      }
      if (complete) {
        yield* chunks(unsent(waiting.splice(0)));
        continue;
      }
      // What is handed on from now on, and may be missing in what is read, waits.
      waiting.length = 0;
      complete = true;
      const history = await load(orderId).then((loaded) => loaded.history, toNull);
      if (history === null) {
        complete = false;
        await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      } else {
        onStreamRead();
        yield* chunks(unsent(history));
      }
    }
  } finally {
    stopListening();
    signal.removeEventListener('abort', bell.ring);
  }
}

// The store has told its connection of the failure.
const toNull = () => null;

function* chunks(events: readonly RecordedOrderEvent[]): Generator<Chunk, void, void> {
  for (let index = 0; index < events.length; index += chunkEventsMax) {
    const texts = events.slice(index, index + chunkEventsMax).map(eventText);
    yield { bytes: Buffer.from(texts.join('')), events: texts.length, reached: null };
  }
}
