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

export type AppendRequest = Readonly<{ stream: string; expected: ExpectedRevision; events: readonly ProposedEvent[] }>;

/** The number that stands for a stream without events. */
export const noEvents = -1;

export type AppendOutcome =
  /** `revision` is the number of the last event of the request, `position` is that of the same event. */
  | { kind: 'success'; revision: number; position: number | undefined }
  | { kind: 'wrong-expected-version'; actual: number };

/** What an event adds to the positions after it; positions grow like the byte offsets of a file. */
export function recordSize(stream: string, { type, data, metadata }: ProposedEvent): number {
  const envelopeBytes = 64; // Id, number, time and flags: about what a row needs beside the fields of variable length.
  return envelopeBytes + stream.length + type.length + data.length + metadata.length;
}
