// All order events after a place, without gap or repeat: from the newest events while they reach back that far, else
// from the log. Which of the two it was cannot be told from what comes out, so a slow reader needs no memory of ours.
import { setTimeout as sleep } from 'node:timers/promises';
import { NoSuchPositionError } from '@orders/order-store/log-page';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { Place, ReadPage } from '../log/event-sources.ts';
import { createBell } from './bell.ts';
import type { EventFeed } from './event-feed.ts';
import { eventText } from './event-stream-text.ts';
import type { Chunk, WantedTypes } from './recent-events.ts';

export type FollowLogDeps = { feed: Pick<EventFeed, 'listen' | 'recent'>; readPage: ReadPage; onLogRead: () => void };

const pageEventsMax = 200;
const pauseMs = 1_000;

type Following = { from: Place; wanted: WantedTypes };

/**
 * Ends only with the signal, or with `NoSuchPositionError`. While the event store is away, it waits and tries again.
 */
export async function* followLog(
  { feed, readPage, onLogRead }: FollowLogDeps,
  { from, wanted }: Following,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, void> {
  const bell = createBell();
  const stopListening = feed.listen({ onBegun: bell.ring, onBatch: bell.ring });
  signal.addEventListener('abort', bell.ring, { once: true });
  let reached = from;
  try {
    while (!signal.aborted) {
      const recent = feed.recent();
      const next = recent?.after(reached, wanted) ?? 'nothing';
      if (recent === null || next === 'nothing') {
        await bell.rung();
      } else if (next === 'behind') {
        const floor = recent.floor();
        const page = await readPage(reached, pageEventsMax).catch(passing);
        if (page === null) {
          await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
          continue;
        }
        onLogRead();
        // Nothing more in the log means nothing more up to where the newest events begin.
        reached = page.atEnd && page.reached < floor ? floor : page.reached;
        yield pageChunk(page.events, { reached, wanted });
      } else {
        reached = next.reached ?? reached;
        yield next;
      }
    }
  } finally {
    stopListening();
    signal.removeEventListener('abort', bell.ring);
  }
}

/** `null` for a failure that may pass; it was told to the connection. */
function passing(error: unknown): null {
  if (error instanceof NoSuchPositionError) throw error;
  return null;
}

function pageChunk(
  events: readonly RecordedOrderEvent[],
  { reached, wanted }: { reached: Place; wanted: WantedTypes },
) {
  const texts = events.filter(({ event }) => wanted === null || wanted.has(event.type)).map(eventText);
  return { bytes: Buffer.from(texts.join('')), events: texts.length, reached };
}
