// The words of the audit: what stands in the log, what was answered to a writer, and what contradicts the promise. An
// event says in its metadata which append it came with, so that the log alone shows whether an append is whole.
import { crc32 } from 'node:zlib';
import type { AllStreamRecordedEvent, Position } from '@eventstore/db-client';

/** What a writer puts into the metadata of each event: the `index`-th of the `size` events of an append. */
export type Origin = { append: string; index: number; size: number; checksum: number };

export type LoggedEvent = Omit<Origin, 'checksum'> & {
  position: bigint;
  id: string;
  stream: string;
  revision: bigint;
  /** Whether the data is what the writer sent. */
  intact: boolean;
};

/** All events of one append as they stand in the log; `revision` and `position` are those of the last one. */
export type StoredAppend = { append: string; stream: string; ids: string[]; revision: bigint; position: bigint };

/** The same, as it was answered to the writer. */
export type Answer = StoredAppend & {
  /** The highest position that the writer knew when it sent the append for the first time. */
  sentAfter: bigint;
};

export type Violation = { rule: string; expected: string; found: string };
export type Report = (violation: Violation) => void;

export const positionAt = (commit: bigint): Position => ({ commit, prepare: commit });

export function toLoggedEvent(event: AllStreamRecordedEvent): LoggedEvent {
  const { append, index, size, checksum } = event.metadata as Origin;
  const { position, id, streamId: stream, revision } = event;
  const intact = event.data instanceof Uint8Array && crc32(event.data) === checksum;
  return { position: position.commit, id, stream, revision, append, index, size, intact };
}

export const describeEvent = ({ position, stream, revision, id }: LoggedEvent) =>
  `${position}: ${stream}@${revision} ${id}`;

export const describeAppend = ({ append, stream, ids, revision, position }: StoredAppend) =>
  `${append} in ${stream} up to revision ${revision}, position ${position}: ${ids.join(' ')}`;
