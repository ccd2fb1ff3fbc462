// Catch-up subscriptions. A subscription is a cursor that reads the log, page by page, and sleeps at its end until a
// commit wakes it. History and live events take the same way, so there is no seam between them to lose or repeat an
// event at, and a slow reader costs no more memory than two pages.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RecordedEvent, tombstoneNumber } from '../storage/events.ts';
import { isHiddenFromAll } from '../storage/hidden-streams.ts';
import type { Committed, EventStore } from '../storage/store.ts';
import { type Checkpoints, createCheckpoints } from './checkpoints.ts';
import { streamDeleted } from './failure.ts';
import { resolveLink } from './links.ts';
import { caughtUpMessage, checkpointMessage, confirmationMessage } from './messages.ts';
import type { ReadRequest } from './read-request.ts';
import type { ReaderTurns } from './reader-turns.ts';
import { createResponseFrames, type ResponseFrames } from './response-frames.ts';
import { createSender, type ReadCall } from './response-stream.ts';

type ToStream = ReadRequest & { kind: 'subscribe-to-stream' };
type ToAll = ReadRequest & { kind: 'subscribe-to-all' };
type SubscriptionRequest = ToStream | ToAll;

/** A stream or $all, as a sequence to follow. */
type Source = {
  /** Where to read on after the newest event. */
  end: () => number;
  readHistory: (from: number) => RecordedEvent[];
  readLive: (from: number) => RecordedEvent[];
  /** Where to read on after an event. */
  next: (event: RecordedEvent) => number;
  matches: (event: RecordedEvent) => boolean;
  concernedBy: (committed: Committed) => boolean;
};

type Reader = { store: EventStore; turns: ReaderTurns };

/** Resolves when the call is over; rejects when the log cannot be read, or the stream has ended for ever. */
export async function subscribe(reader: Reader, call: ReadCall, request: SubscriptionRequest): Promise<void> {
  const { store } = reader;
  const source = request.kind === 'subscribe-to-all' ? allSource(store, request) : streamSource(store, request);
  const alarm = createAlarm();
  // Listening starts before reading: what is committed in between is either in the page or wakes us.
  const stopListening = store.onCommitted((committed) => {
    if (source.concernedBy(committed)) alarm.ring();
  });
  call.on('close', alarm.ring);
  try {
    await follow(reader, call, { request, source, alarm });
  } finally {
    stopListening();
    call.off('close', alarm.ring);
  }
}

// A message for each of a thousand commits a second would cost both sides more than the events in it.
const livePageEveryMs = 3;

type Following = { request: SubscriptionRequest; source: Source; alarm: Alarm };

async function follow(reader: Reader, call: ReadCall, { request, source, alarm }: Following): Promise<void> {
  const { resolveLinks, uuidForm } = request;
  const frames = createResponseFrames();
  const send = createSender(call);
  let cursor = request.from === 'end' ? source.end() : request.from;
  const checkpoints = checkpointsOf(request, cursor < source.end() ? cursor : undefined);
  let isLive = false;
  let lastSentMs = Number.NEGATIVE_INFINITY;

  /** Whether there was anything to read. */
  function framePage(): boolean {
    const page = isLive ? source.readLive(cursor) : source.readHistory(cursor);
    for (const event of page) {
      cursor = source.next(event);
      const matched = source.matches(event);
      if (matched) frames.event(resolveLinks ? resolveLink(reader.store, event, { isLive }) : { event }, uuidForm);
      addCheckpoint(frames, checkpoints?.afterEvent(event.position, matched));
    }
    return page.length > 0;
  }

  frames.message(confirmationMessage(randomUUID()));
  while (call.writable) {
    const hasRead = framePage();
    // Asked before the next turn: under constant appends there would always be another page after it. Nothing to read
    // is the end as well: the newest events may be hidden.
    if (!isLive && (!hasRead || cursor >= source.end())) {
      isLive = true;
      cursor = Math.max(cursor, hasRead ? 0 : source.end());
      addCheckpoint(frames, checkpoints?.atEndOfHistory());
      frames.message(caughtUpMessage());
    }
    await send(frames.take());
    lastSentMs = performance.now();
    if (request.kind === 'subscribe-to-stream' && cursor > tombstoneNumber) throw streamDeleted(request.stream);
    await (hasRead ? reader.turns() : alarm.rung());
    const restMs = livePageEveryMs - (performance.now() - lastSentMs);
    if (isLive && !hasRead && restMs > 0) await sleep(restMs);
  }
}

const checkpointsOf = (request: SubscriptionRequest, historyFrom: number | undefined): Checkpoints | undefined =>
  request.kind === 'subscribe-to-all' && request.filter !== undefined
    ? createCheckpoints(request.filter, historyFrom)
    : undefined;

function addCheckpoint(frames: ResponseFrames, position: number | undefined): void {
  if (position !== undefined) frames.message(checkpointMessage(position));
}

function allSource(store: EventStore, { filter }: ToAll): Source {
  const readPage = (from: number) => store.readAll({ from, direction: 'forwards' });
  return {
    end: () => store.lastPosition() + 1,
    readHistory: readPage,
    readLive: readPage,
    next: (event) => event.position + 1,
    matches: (event) => !isHiddenFromAll(event.stream) && (filter?.matches(event) ?? true),
    concernedBy: () => true,
  };
}

/** Metadata hides events from those who catch up, never from those who are there when they are appended. */
function streamSource(store: EventStore, { stream }: ToStream): Source {
  if (store.presenceOf(stream) === 'tombstoned') throw streamDeleted(stream);
  return {
    end: () => store.lastNumber(stream) + 1,
    readHistory: (from) => store.readStream(stream, { from, direction: 'forwards' }),
    readLive: (from) => store.readWholeStream(stream, { from, direction: 'forwards' }),
    next: (event) => event.number + 1,
    matches: () => true,
    concernedBy: ({ streams }) => streams.has(stream),
  };
}

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
