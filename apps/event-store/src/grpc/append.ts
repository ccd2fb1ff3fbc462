// Append: one call for one append, chosen by the client when the call carries credentials of its own.
import { setImmediate as nextTurn } from 'node:timers/promises';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type AppendReq, type AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import { noEvents, type WriteSuccess } from '../storage/events.ts';
import type { EventStore } from '../storage/store.ts';
import { appendBytesMax, createAppendBuffer } from './append-buffer.ts';
import {
  cancelled,
  type GrpcFailure,
  handlerException,
  maximumAppendSizeExceeded,
  refusedWrite,
  streamDeleted,
} from './failure.ts';
import { expectedRevision, streamName } from './requests.ts';

export const appendHandler =
  (store: EventStore, toFailure: (error: unknown) => GrpcFailure) =>
  (call: ServerReadableStream<AppendReq, AppendResp>, respond: sendUnaryData<AppendResp>) => {
    append(store, call).then(
      (response) => respond(null, response),
      // A call that was cancelled half-way has stored nothing, and nobody listens any more.
      (error: unknown) => respond(call.cancelled ? cancelled() : toFailure(error)),
    );
  };

async function append(store: EventStore, call: ServerReadableStream<AppendReq, AppendResp>): Promise<AppendResp> {
  let options: AppendReq.Options | undefined;
  const buffer = createAppendBuffer();
  for await (const frame of call as AsyncIterable<AppendReq>) {
    const message = frame.getProposedMessage();
    if ((options === undefined) === (message !== undefined)) throw handlerException('options come first, and once');
    if (message === undefined) options = frame.getOptions();
    else buffer.add(message);
    if (buffer.isTooLarge()) throw maximumAppendSizeExceeded(appendBytesMax);
  }
  if (options === undefined) throw handlerException('the call brought no options');
  // A call that breaks half-way, as when its client is killed, looks as if it had ended; one turn later it does not.
  await nextTurn();
  if (call.cancelled) throw cancelled();
  const stream = streamName(options.getStreamIdentifier());
  const expected = expectedRevision(options, options.hasRevision() ? options.getRevision() : undefined);
  const outcome = await store.write({ kind: 'append', stream, expected, events: buffer.events }).catch(refusedWrite);
  if (outcome.kind === 'stream-deleted') throw streamDeleted(stream);
  return new streams.AppendResp()
    .setSuccess(outcome.kind === 'success' ? success(outcome) : undefined)
    .setWrongExpectedVersion(outcome.kind === 'success' ? undefined : wrongExpectedVersion(outcome.actual, options));
}

function success({ revision, position }: WriteSuccess): AppendResp.Success {
  const answer = new streams.AppendResp.Success();
  if (revision === noEvents) answer.setNoStream(new shared.Empty());
  else answer.setCurrentRevision(String(revision));
  if (position === undefined) return answer.setNoPosition(new shared.Empty());
  const text = String(position);
  return answer.setPosition(new streams.AppendResp.Position().setCommitPosition(text).setPreparePosition(text));
}

function wrongExpectedVersion(actual: number, expected: AppendReq.Options): AppendResp.WrongExpectedVersion {
  const answer = new streams.AppendResp.WrongExpectedVersion();
  if (actual === noEvents) answer.setCurrentNoStream(new shared.Empty());
  else answer.setCurrentRevision(String(actual));
  if (expected.hasRevision()) answer.setExpectedRevision(expected.getRevision());
  else if (expected.hasNoStream()) answer.setExpectedNoStream(new shared.Empty());
  else if (expected.hasStreamExists()) answer.setExpectedStreamExists(new shared.Empty());
  else answer.setExpectedAny(new shared.Empty());
  return answer;
}
