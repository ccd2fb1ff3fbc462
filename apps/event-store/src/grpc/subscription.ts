// Catch-up subscriptions. A subscription is a cursor that reads the log, page by page, and sleeps at its end until a
// commit wakes it. History and live events take the same way, so there is no seam between them to lose or repeat an
// event at, and a slow reader costs no more memory than a page.
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordedEvent } from '../storage/events.ts';
import type { EventStore } from '../storage/store.ts';
import { createCheckpoints } from './checkpoints.ts';
import type { EventFilter } from './event-filter.ts';
import { caughtUpMessage, checkpointMessage, confirmationMessage, eventMessage } from './messages.ts';
import type { ReadRequest } from './read-request.ts';
import { type ReadCall, send } from './response-stream.ts';

type SubscriptionRequest = ReadRequest & { kind: 'subscribe-to-stream' | 'subscribe-to-all' };

/** A stream or $all, as a sequence to follow. */
type Source = {
  /** Where to read on after the newest event. */
  end: () => number;
  readPage: (from: number) => RecordedEvent[];
  /** Where to read on after an event. */
  next: (event: RecordedEvent) => number;
  concernedBy: (committed: readonly RecordedEvent[]) => boolean;
};

/** Resolves when the call is over; rejects only when the log cannot be read. */
export async function subscribe(store: EventStore, call: ReadCall, request: SubscriptionRequest): Promise<void> {
  const source = request.kind === 'subscribe-to-all' ? allSource(store) : streamSource(store, request.stream);
  const filter = request.kind === 'subscribe-to-all' ? request.filter : undefined;
  const start = request.from === 'end' ? source.end() : request.from;
  const alarm = createAlarm();
  // Listening starts before reading: what is committed in between is either in the page or wakes us.
  const stopListening = store.onCommitted((events) => {
    if (source.concernedBy(events)) alarm.ring();
  });
  call.on('close', alarm.ring);
  try {
    await send(call, confirmationMessage(randomUUID()));
    await follow(call, source, start, filter, alarm);
  } finally {
    stopListening();
    call.off('close', alarm.ring);
  }
}

async function follow(call: ReadCall, source: Source, start: number, filter: EventFilter | undefined, alarm: Alarm) {
  const checkpoints = filter && createCheckpoints(filter, start < source.end() ? start : undefined);
  let cursor = start;
  let live = false;
  while (call.writable) {
    const page = source.readPage(cursor);
    for (const event of page) {
      cursor = source.next(event);
      const matched = filter?.matches(event) ?? true;
      if (matched) await send(call, eventMessage(event));
      await sendCheckpoint(call, checkpoints?.afterEvent(event.position, matched));
    }
    // Asked before the next turn: under constant appends there would always be another page after it. Nothing to read
    // is the end as well: before the first event there is none that the cursor could have passed.
    if (!live && (page.length === 0 || cursor >= source.end())) {
      live = true;
      await sendCheckpoint(call, checkpoints?.atEndOfHistory());
      await send(call, caughtUpMessage());
    }
    await (page.length > 0 ? nextTurn() : alarm.rung());
  }
}

async function sendCheckpoint(call: ReadCall, position: number | undefined): Promise<void> {
  if (position !== undefined) await send(call, checkpointMessage(position));
}

const allSource = (store: EventStore): Source => ({
  end: () => store.lastPosition() + 1,
  readPage: (from) => store.readAll({ from, direction: 'forwards' }),
  next: (event) => event.position + 1,
  concernedBy: () => true,
});

const streamSource = (store: EventStore, stream: string): Source => ({
  end: () => store.lastNumber(stream) + 1,
  readPage: (from) => store.readStream(stream, { from, direction: 'forwards' }),
  next: (event) => event.number + 1,
  concernedBy: (committed) => committed.some((event) => event.stream === stream),
});

type Alarm = { ring: () => void; rung: () => Promise<void> };

function createAlarm(): Alarm {
  let ringing = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      ringing = true;
      wake?.();
    },
    async rung() {
      if (!ringing) await new Promise<void>((resolve) => (wake = resolve));
      ringing = false;
      wake = undefined;
    },
  };
}
