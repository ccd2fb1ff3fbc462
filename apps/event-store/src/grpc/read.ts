// Read: pages of history, or a subscription. A page at a time is read and the event loop gets its turn in between, so a
// read of millions of events delays nobody.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { Metrics } from '../metrics.ts';
import type { RecordedEvent } from '../storage/events.ts';
import { isHiddenFromAll } from '../storage/hidden-streams.ts';
import type { EventStore } from '../storage/store.ts';
import { type GrpcFailure, streamDeleted } from './failure.ts';
import { resolveLink } from './links.ts';
import { streamNotFoundMessage } from './messages.ts';
import { parseReadRequest, type ReadRequest } from './read-request.ts';
import { createResponseFrames } from './response-frames.ts';
import { createSender } from './response-stream.ts';
import { subscribe } from './subscription.ts';

type ReadCall = ServerWritableStream<ReadReq, Buffer>;

export const readHandler =
  (store: EventStore, metrics: Metrics, toFailure: (error: unknown) => GrpcFailure) => (call: ReadCall) => {
    answer(store, metrics, call).then(
      () => call.end(),
      (error: unknown) => call.emit('error', toFailure(error)),
    );
  };

async function answer(store: EventStore, { subscriptions }: Metrics, call: ReadCall): Promise<void> {
  const request = parseReadRequest(call.request);
  switch (request.kind) {
    case 'read-stream':
      return readStream(store, call, request);
    case 'read-all':
      return readAll(store, call, request);
    case 'subscribe-to-stream':
    case 'subscribe-to-all':
      subscriptions.inc();
      return subscribe(store, call, request).finally(() => subscriptions.dec());
  }
}

type Reading<Kind> = ReadRequest & { kind: Kind };

async function readStream(store: EventStore, call: ReadCall, request: Reading<'read-stream'>): Promise<void> {
  const { stream, direction } = request;
  const presence = store.presenceOf(stream);
  if (presence === 'tombstoned') throw streamDeleted(stream);
  if (presence === 'absent') {
    const frames = createResponseFrames();
    frames.message(streamNotFoundMessage(stream));
    return createSender(call)(frames.take());
  }
  const step = direction === 'forwards' ? 1 : -1;
  await readPages(store, call, request, {
    readPage: (from, limit) => store.readStream(stream, { from, direction, limit }),
    next: (event) => event.number + step,
    matches: () => true,
  });
}

async function readAll(store: EventStore, call: ReadCall, request: Reading<'read-all'>): Promise<void> {
  const { direction, filter } = request;
  const step = direction === 'forwards' ? 1 : -1;
  await readPages(store, call, request, {
    readPage: (from, limit) => store.readAll({ from, direction, limit }),
    next: (event) => event.position + step,
    matches: (event) => !isHiddenFromAll(event.stream) && (filter?.matches(event) ?? true),
  });
}

type Pages = {
  readPage: (from: number, limit: number) => RecordedEvent[];
  /** Where to read on after an event. */
  next: (event: RecordedEvent) => number;
  matches: (event: RecordedEvent) => boolean;
};

async function readPages(
  store: EventStore,
  call: ReadCall,
  { from, count, resolveLinks, uuidForm }: Reading<'read-stream' | 'read-all'>,
  { readPage, next, matches }: Pages,
): Promise<void> {
  const frames = createResponseFrames();
  const send = createSender(call);
  let cursor = from;
  let remaining = count;
  while (remaining > 0 && call.writable) {
    const page = readPage(cursor, remaining);
    if (page.length === 0) return;
    for (const event of page) {
      cursor = next(event);
      if (!matches(event)) continue;
      frames.event(resolveLinks ? resolveLink(store, event, { isLive: false }) : { event }, uuidForm);
      remaining -= 1;
    }
    await send(frames.take());
    await nextTurn();
  }
}
