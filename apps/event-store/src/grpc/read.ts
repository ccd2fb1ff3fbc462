// Read: pages of history, or a subscription. A page at a time is read and the event loop gets its turn in between, so a
// read of millions of events delays nobody.
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
import { createReaderTurns, type ReaderTurns } from './reader-turns.ts';
import { createResponseFrames } from './response-frames.ts';
import { createSender } from './response-stream.ts';
import { subscribe } from './subscription.ts';

type ReadCall = ServerWritableStream<ReadReq, Buffer>;

export function readHandler(store: EventStore, metrics: Metrics, toFailure: (error: unknown) => GrpcFailure) {
  const turns = createReaderTurns();
  return (call: ReadCall): void => {
    answer({ store, metrics, turns }, call).then(
      () => call.end(),
      (error: unknown) => call.emit('error', toFailure(error)),
    );
  };
}

type ReadDeps = { store: EventStore; metrics: Metrics; turns: ReaderTurns };

async function answer({ store, metrics: { subscriptions }, turns }: ReadDeps, call: ReadCall): Promise<void> {
  const request = parseReadRequest(call.request);
  switch (request.kind) {
    case 'read-stream':
      return readStream({ store, turns }, call, request);
    case 'read-all':
      return readAll({ store, turns }, call, request);
    case 'subscribe-to-stream':
    case 'subscribe-to-all':
      subscriptions.inc();
      return subscribe({ store, turns }, call, request).finally(() => subscriptions.dec());
  }
}

type Reader = Pick<ReadDeps, 'store' | 'turns'>;
type Reading<Kind> = ReadRequest & { kind: Kind };

async function readStream(reader: Reader, call: ReadCall, request: Reading<'read-stream'>): Promise<void> {
  const { store } = reader;
  const { stream, direction } = request;
  const presence = store.presenceOf(stream);
  if (presence === 'tombstoned') throw streamDeleted(stream);
  if (presence === 'absent') {
    const frames = createResponseFrames();
    frames.message(streamNotFoundMessage(stream));
    return createSender(call)(frames.take());
  }
  const step = direction === 'forwards' ? 1 : -1;
  await readPages(reader, call, request, {
    readPage: (from, limit) => store.readStream(stream, { from, direction, limit }),
    next: (event) => event.number + step,
    matches: () => true,
  });
}

async function readAll(reader: Reader, call: ReadCall, request: Reading<'read-all'>): Promise<void> {
  const { store } = reader;
  const { direction, filter } = request;
  const step = direction === 'forwards' ? 1 : -1;
  await readPages(reader, call, request, {
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
  { store, turns }: Reader,
  call: ReadCall,
  { from, count, resolveLinks, uuidForm }: Reading<'read-stream' | 'read-all'>,
  { readPage, next, matches }: Pages,
): Promise<void> {
  const frames = createResponseFrames();
  const send = createSender(call);
  let cursor = from;
  let remaining = count;

  /** Whether there was anything to read. */
  function framePage(): boolean {
    const page = readPage(cursor, remaining);
    for (const event of page) {
      cursor = next(event);
      if (!matches(event)) continue;
      frames.event(resolveLinks ? resolveLink(store, event, { isLive: false }) : { event }, uuidForm);
      remaining -= 1;
    }
    return page.length > 0;
  }

  while (remaining > 0 && call.writable && framePage()) {
    await send(frames.take());
    await turns();
  }
}
