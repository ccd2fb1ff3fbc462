// The replies of a BatchAppend. An error travels as a google.rpc.Status whose details the client knows by the name of
// their type alone: code and message are for people.
import codes from '@eventstore/db-client/generated/code_pb.js';
import shared, { type UUID } from '@eventstore/db-client/generated/shared_pb.js';
import statusMessages, { type Status } from '@eventstore/db-client/generated/status_pb.js';
import streams, { type BatchAppendReq, type BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import anyMessages from 'google-protobuf/google/protobuf/any_pb.js';
import emptyMessages from 'google-protobuf/google/protobuf/empty_pb.js';
import { noEvents, type WriteOutcome, type WriteSuccess } from '../storage/events.ts';

type Options = BatchAppendReq.Options;
/** What a reply echoes. */
type Append = { correlationId: UUID; options: Options };
export type AppendError = Status;

const { Code } = codes;

export function outcomeReply(append: Append, outcome: WriteOutcome): BatchAppendResp {
  switch (outcome.kind) {
    case 'success':
      return successReply(append, outcome);
    case 'wrong-expected-version':
      return errorReply(append, wrongExpectedVersion(outcome.actual, append.options));
    case 'stream-deleted':
      return errorReply(append, streamDeleted(append.options));
  }
}

function successReply(append: Append, { revision, position }: WriteSuccess): BatchAppendResp {
  const success = new streams.BatchAppendResp.Success();
  if (revision === noEvents) success.setNoStream(new emptyMessages.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) {
    success.setNoPosition(new emptyMessages.Empty());
  } else {
    const text = String(position);
    success.setPosition(new shared.AllStreamPosition().setCommitPosition(text).setPreparePosition(text));
  }
  return reply(append).setSuccess(success);
}

export const errorReply = (append: Append, error: AppendError): BatchAppendResp => reply(append).setError(error);

const reply = ({ correlationId, options }: Append) =>
  new streams.BatchAppendResp().setCorrelationId(correlationId).setStreamIdentifier(options.getStreamIdentifier());

const streamDeleted = (options: Options): AppendError =>
  appendError(
    Code.NOT_FOUND,
    'StreamDeleted',
    new shared.StreamDeleted().setStreamIdentifier(options.getStreamIdentifier()),
  );

function wrongExpectedVersion(actual: number, expected: Options): AppendError {
  const details = new shared.WrongExpectedVersion();
  if (actual === noEvents) details.setCurrentNoStream(new emptyMessages.Empty());
  else details.setCurrentStreamRevision(String(actual));
  if (expected.hasStreamPosition()) details.setExpectedStreamPosition(expected.getStreamPosition());
  else if (expected.hasNoStream()) details.setExpectedNoStream(new emptyMessages.Empty());
  else if (expected.hasStreamExists()) details.setExpectedStreamExists(new emptyMessages.Empty());
  else details.setExpectedAny(new emptyMessages.Empty());
  return appendError(Code.ALREADY_EXISTS, 'WrongExpectedVersion', details);
}

export const maximumAppendSizeExceeded = (bytesMax: number): AppendError =>
  appendError(
    Code.INVALID_ARGUMENT,
    'MaximumAppendSizeExceeded',
    new shared.MaximumAppendSizeExceeded().setMaxappendsize(bytesMax),
  );

export const badRequest = (reason: string): AppendError =>
  appendError(Code.INVALID_ARGUMENT, 'BadRequest', new shared.BadRequest().setMessage(reason));

export const timeout: AppendError = appendError(Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());

/** Whether the append is stored is not known to the client, which may send it again. */
export const unknownOutcome: AppendError = appendError(Code.UNKNOWN, 'Unknown', new shared.Unknown());

export const serverIsTooBusy: AppendError = new statusMessages.Status()
  .setMessage('Server Is Too Busy')
  .setDetails(packed('google.protobuf.Empty', new emptyMessages.Empty()));

type DetailsMessage = { serializeBinary(): Uint8Array };

/** `name` is both the message and the type of the details, for all errors of EventStoreDB's own. */
function appendError(code: ReturnType<Status['getCode']>, name: string, details: DetailsMessage): AppendError {
  const any = packed(`event_store.client.${name}`, details);
  return new statusMessages.Status().setCode(code).setMessage(name).setDetails(any);
}

function packed(typeName: string, details: DetailsMessage) {
  const any = new anyMessages.Any();
  any.pack(details.serializeBinary(), typeName);
  return any;
}
