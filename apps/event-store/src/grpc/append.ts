// Append: one call for one append, chosen by the client when the call carries credentials of its own.
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type AppendReq, type AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import { type AppendOutcome, noEvents } from '../storage/events.ts';
import { StoreUnavailableError } from '../storage/group-commit.ts';
import type { EventStore } from '../storage/store.ts';
import { appendBytesMax, createAppendBuffer } from './append-buffer.ts';
import { cancelled, GrpcFailure, handlerException, maximumAppendSizeExceeded, status } from './failure.ts';
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

async function append(store: EventStore, call: AsyncIterable<AppendReq>): Promise<AppendResp> {
  let options: AppendReq.Options | undefined;
  const buffer = createAppendBuffer();
  for await (const frame of call) {
    const message = frame.getProposedMessage();
    if ((options === undefined) === (message !== undefined)) throw handlerException('options come first, and once');
    if (message === undefined) options = frame.getOptions();
    else buffer.add(message);
    if (buffer.isTooLarge()) throw maximumAppendSizeExceeded(appendBytesMax);
  }
  if (options === undefined) throw handlerException('the call brought no options');
  const stream = streamName(options.getStreamIdentifier());
  const expected = expectedRevision(options, options.hasRevision() ? options.getRevision() : undefined);
  const outcome = await store.append({ stream, expected, events: buffer.events }).catch(refuse);
  return new streams.AppendResp()
    .setSuccess(outcome.kind === 'success' ? success(outcome) : undefined)
    .setWrongExpectedVersion(outcome.kind === 'success' ? undefined : wrongExpectedVersion(outcome.actual, options));
}

function refuse(error: unknown): never {
  const code = error instanceof StoreUnavailableError ? status.UNAVAILABLE : status.INTERNAL;
  throw new GrpcFailure(code, (error as Error).message);
}

function success({ revision, position }: AppendOutcome & { kind: 'success' }): AppendResp.Success {
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
