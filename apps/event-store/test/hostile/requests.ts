// Well-formed requests: what the bad clients of these tests begin with, before they misbehave. Those that are called
// messages are serialised; those that are called requests have their frames around them as well.
import { randomUUID } from 'node:crypto';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import emptyMessages from 'google-protobuf/google/protobuf/empty_pb.js';
import { framed } from './raw-calls.ts';

const { AppendReq, BatchAppendReq, ReadReq } = streams;
type ReadOptions = InstanceType<typeof ReadReq.Options>;

const streamIdentifier = (stream: string) => new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
const uuid = (text: string) => new shared.UUID().setString(text);
const bytesOf = (built: { serializeBinary: () => Uint8Array }) => Buffer.from(built.serializeBinary());

const all = (from: 'start' | 'end') => {
  const options = new ReadReq.Options.AllOptions();
  return from === 'start' ? options.setStart(new shared.Empty()) : options.setEnd(new shared.Empty());
};

function readMessage(options: ReadOptions): Buffer {
  const uuidOption = new ReadReq.Options.UUIDOption().setString(new shared.Empty());
  return bytesOf(new ReadReq().setOptions(options.setUuidOption(uuidOption)));
}

export const readAllMessage = () =>
  readMessage(
    new ReadReq.Options()
      .setAll(all('start'))
      .setNoFilter(new shared.Empty())
      .setCount(String(Number.MAX_SAFE_INTEGER)),
  );

export const readAllRequest = () => framed(readAllMessage());

type Subscription = { from?: 'start' | 'end'; prefix?: string };

/** Of all streams, or only of those whose name begins with `prefix`. */
export function subscriptionRequest({ from = 'start', prefix }: Subscription = {}): Buffer {
  const options = new ReadReq.Options().setAll(all(from)).setSubscription(new ReadReq.Options.SubscriptionOptions());
  if (prefix === undefined) return framed(readMessage(options.setNoFilter(new shared.Empty())));
  const expression = new ReadReq.Options.FilterOptions.Expression().setPrefixList([prefix]);
  const filter = new ReadReq.Options.FilterOptions()
    .setStreamIdentifier(expression)
    .setCount(new shared.Empty())
    .setCheckpointintervalmultiplier(1);
  return framed(readMessage(options.setFilter(filter)));
}

/** The messages of one Append, with an event of each id. */
export function appendMessages(stream: string, eventIds: readonly string[] = [randomUUID()]): Buffer[] {
  const options = new AppendReq.Options().setStreamIdentifier(streamIdentifier(stream)).setAny(new shared.Empty());
  const proposed = eventIds.map((id) => {
    const message = new AppendReq.ProposedMessage().setId(uuid(id));
    message.getMetadataMap().set('type', 'Happened').set('content-type', 'application/json');
    return new AppendReq().setProposedMessage(message);
  });
  return [new AppendReq().setOptions(options), ...proposed].map(bytesOf);
}

/** An Append up to its first event: what follows, or the end of the call, makes it whole. */
export const openedAppend = (stream: string): Buffer =>
  Buffer.concat(appendMessages(stream).map((message) => framed(message)));

type BatchMessage = { correlationId?: string; eventId?: string; stream?: string; bytes?: number; final?: boolean };

/** A message of a BatchAppend with one event; with a `stream` it is the first of its append. */
export function batchMessage(fields: BatchMessage): Buffer {
  const { correlationId = randomUUID(), eventId = randomUUID(), stream, bytes = 2, final = false } = fields;
  const message = new BatchAppendReq.ProposedMessage().setId(uuid(eventId)).setData(new Uint8Array(bytes));
  message.getMetadataMap().set('type', 'Happened').set('content-type', 'application/octet-stream');
  const request = new BatchAppendReq()
    .setCorrelationId(uuid(correlationId))
    .setProposedMessagesList([message])
    .setIsFinal(final);
  if (stream !== undefined)
    request.setOptions(
      new BatchAppendReq.Options().setStreamIdentifier(streamIdentifier(stream)).setAny(new emptyMessages.Empty()),
    );
  return bytesOf(request);
}

export const batchFrame = (fields: BatchMessage): Buffer => framed(batchMessage(fields));
