// Read: pages of history, or a subscription. A page at a time is read and the event loop gets its turn in between, so a
// read of millions of events delays nobody.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { Metrics } from '../metrics.ts';
import { noEvents, type RecordedEvent } from '../storage/events.ts';
import type { EventStore } from '../storage/store.ts';
import type { GrpcFailure } from './failure.ts';
import { eventMessage, streamNotFoundMessage } from './messages.ts';
import { parseReadRequest, type ReadRequest } from './read-request.ts';
import { send } from './response-stream.ts';
import { subscribe } from './subscription.ts';

type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

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
  if (store.lastNumber(stream) === noEvents) return send(call, streamNotFoundMessage(stream));
  const step = direction === 'forwards' ? 1 : -1;
  await readPages(call, {
    from: request.from,
    count: request.count,
    readPage: (from, limit) => store.readStream(stream, { from, direction, limit }),
    next: (event) => event.number + step,
    matches: () => true,
  });
}

async function readAll(store: EventStore, call: ReadCall, request: Reading<'read-all'>): Promise<void> {
  const { direction, filter } = request;
  const step = direction === 'forwards' ? 1 : -1;
  await readPages(call, {
    from: request.from,
    count: request.count,
    readPage: (from, limit) => store.readAll({ from, direction, limit }),
    next: (event) => event.position + step,
    matches: filter?.matches ?? (() => true),
  });
}

type PagedRead = {
  from: number;
  count: number;
  readPage: (from: number, limit: number) => RecordedEvent[];
  /** Where to read on after an event. */
  next: (event: RecordedEvent) => number;
  matches: (event: RecordedEvent) => boolean;
};

async function readPages(call: ReadCall, { from, count, readPage, next, matches }: PagedRead): Promise<void> {
  let cursor = from;
  let remaining = count;
  while (remaining > 0 && call.writable) {
    const page = readPage(cursor, remaining);
    if (page.length === 0) return;
    for (const event of page) {
      cursor = next(event);
      if (!matches(event)) continue;
      await send(call, eventMessage(event));
      remaining -= 1;
    }
    await nextTurn();
  }
}
