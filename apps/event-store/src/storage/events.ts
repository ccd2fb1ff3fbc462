// The words of the store. Numbers and positions stay far below 2^53, so plain numbers carry them exactly; only the
// protocol, where clients may send anything up to 2^64 - 1, deals in decimal strings.

/** An event as a client proposes it. `id` is a UUID in lower case. */
export type ProposedEvent = Readonly<{
  id: string;
  type: string;
  isJson: boolean;
  data: Uint8Array;
  metadata: Uint8Array;
}>;

/** An event as it is stored: the `number`-th of its stream, counted from 0, at `position` of the log. */
export type RecordedEvent = ProposedEvent &
  Readonly<{ stream: string; number: number; position: number; createdMs: number }>;

/** What the writer believes about the stream; a number is the exact number of its newest event. */
export type ExpectedRevision = 'any' | 'stream_exists' | 'no_stream' | number;

export type AppendRequest = Readonly<{
  kind: 'append';
  stream: string;
  expected: ExpectedRevision;
  events: readonly ProposedEvent[];
}>;

/** `delete` hides the events that are there, and the stream may go on; `tombstone` ends it for ever. */
export type DeletionRequest = Readonly<{ kind: 'delete' | 'tombstone'; stream: string; expected: ExpectedRevision }>;

export type WriteRequest = AppendRequest | DeletionRequest;

/** The number that stands for a stream without events. */
export const noEvents = -1;

/** The number of the event that ends a stream for ever. On the wire it is 2^63 - 1, which no number holds exactly. */
export const tombstoneNumber = Number.MAX_SAFE_INTEGER;

export type WriteOutcome =
  /** `revision` is the number of the last event of the request, `position` is that of the same event. */
  | { kind: 'success'; revision: number; position: number | undefined }
  | { kind: 'wrong-expected-version'; actual: number }
  | { kind: 'stream-deleted' };

export type WriteSuccess = WriteOutcome & { kind: 'success' };

/** The stream whose events are the metadata of `stream`. */
export const metadataStreamOf = (stream: string) => `$$${stream}`;
/** The stream that a metadata stream belongs to; `undefined` for any other stream. */
export const ownerOf = (stream: string) => (stream.startsWith('$$') ? stream.slice(2) : undefined);

/** What an event adds to the positions after it; positions grow like the byte offsets of a file. */
export function recordSize(stream: string, { type, data, metadata }: ProposedEvent): number {
  const envelopeBytes = 64; // Id, number, time and flags: about what a row needs beside the fields of variable length.
  return envelopeBytes + stream.length + type.length + data.length + metadata.length;
}
