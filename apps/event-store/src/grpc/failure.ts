// The errors that end a call. Code, text and trailers are those of EventStoreDB, because the client builds its own
// error from them; without the trailers that its class wants, its constructor throws.
import { Metadata, type ServerErrorResponse, status } from '@grpc/grpc-js';
import { StoreUnavailableError } from '../storage/group-commit.ts';

export { status };

/** `details` is what the client reads; `message` is for whoever reads our log, and may say more. */
export class GrpcFailure extends Error implements ServerErrorResponse {
  override readonly name = 'GrpcFailure';
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: status, details: string, trailers: Readonly<Record<string, string>> = {}, message = details) {
    super(message);
    this.code = code;
    this.details = details;
    this.metadata = new Metadata();
    for (const [name, value] of Object.entries(trailers)) this.metadata.set(name, printable(value));
  }
}

/** What a trailer may carry; the name of a stream may hold anything. */
const printable = (text: string) => text.replace(/[^\x20-\x7e]/g, '?');

/** What any unexpected or unusable request becomes in EventStoreDB. */
export const handlerException = (reason: string) =>
  new GrpcFailure(status.UNKNOWN, 'Exception was thrown by handler.', {}, reason);

export const missingMetadataProperty = (name: string) =>
  new GrpcFailure(status.INVALID_ARGUMENT, `Required Metadata Property '${name}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

export const maximumAppendSizeExceeded = (bytesMax: number) =>
  new GrpcFailure(status.INVALID_ARGUMENT, `Maximum Append Size of ${bytesMax} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(bytesMax),
  });

export const streamDeleted = (stream: string) =>
  new GrpcFailure(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

/** Says Delete for a tombstone as well, like EventStoreDB. */
export const deletionConflict = (stream: string, expected: number, actual: number) =>
  new GrpcFailure(
    status.FAILED_PRECONDITION,
    'Delete failed due to WrongExpectedVersion. ' +
      `Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(expected),
      'actual-version': String(actual),
    },
  );

/** Ends the call of a write that the store did not take, or may have lost. */
export function refusedWrite(error: unknown): never {
  const code = error instanceof StoreUnavailableError ? status.UNAVAILABLE : status.INTERNAL;
  throw new GrpcFailure(code, (error as Error).message);
}

export const invalidCombination = (what: string) =>
  new GrpcFailure(status.INVALID_ARGUMENT, `The combination of (${what}) is invalid.`);

export const cancelled = () => new GrpcFailure(status.CANCELLED, 'The client cancelled the call.');

export const shuttingDown = () => new GrpcFailure(status.UNAVAILABLE, 'Server Is Shutting Down');

/** The status for whatever a handler threw. */
export const toFailure = (error: unknown): GrpcFailure =>
  error instanceof GrpcFailure ? error : handlerException(error instanceof Error ? error.message : String(error));
