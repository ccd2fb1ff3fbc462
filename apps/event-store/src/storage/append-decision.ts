// Decides what becomes of an append, in the order of EventStoreDB's own checks. The rules that matter to a client that
// sends an append again: with an exact revision or `no_stream` the stored events are compared, for ever; with `any` and
// `stream_exists` only a bounded memory of recent ids is asked, and it is empty after a restart.
import { type ExpectedRevision, noEvents, tombstoneNumber } from './events.ts';

/** All that the decision may know about a stream; inside a group commit it includes the appends before this one. */
export type StreamView = Readonly<{
  /** Number of the newest event, {@link noEvents} without one, {@link tombstoneNumber} after the end of the stream. */
  last: number;
  hasMetadata: () => boolean;
  isSoftDeleted: () => boolean;
  /** Id of the stored event of this number; `undefined` past the end. */
  idAt: (number: number) => string | undefined;
  /** Number under which this stream's event of this id was written lately. */
  recentNumber: (id: string) => number | undefined;
}>;

export type AppendDecision =
  | { kind: 'accept' }
  /** The events are stored already, the last one under `revision`. */
  | { kind: 'repeat'; revision: number }
  | { kind: 'wrong-expected-version' }
  | { kind: 'stream-deleted' };

const accept: AppendDecision = { kind: 'accept' };
const wrongExpectedVersion: AppendDecision = { kind: 'wrong-expected-version' };
const streamDeleted: AppendDecision = { kind: 'stream-deleted' };

export function decideAppend(expected: ExpectedRevision, ids: readonly string[], stream: StreamView): AppendDecision {
  if (stream.last === tombstoneNumber) return streamDeleted;
  if (expected === 'stream_exists') {
    if (stream.isSoftDeleted()) return streamDeleted;
    if (stream.last === noEvents && !stream.hasMetadata()) return wrongExpectedVersion;
  }
  if (expected === 'any' || expected === 'stream_exists') return decideByRecentIds(ids, stream);
  const revision = expected === 'no_stream' ? noEvents : expected;
  if (revision < stream.last) return decideByStoredIds(revision, ids, stream);
  // At the exact revision ids are not looked at: the writer knows the stream and means what it says.
  return revision === stream.last ? accept : wrongExpectedVersion;
}

function decideByRecentIds(ids: readonly string[], stream: StreamView): AppendDecision {
  const [firstId] = ids;
  if (firstId === undefined || stream.recentNumber(firstId) === undefined) return accept;
  let revision = noEvents;
  for (const id of ids) {
    const number = stream.recentNumber(id);
    if (number === undefined) return wrongExpectedVersion;
    revision = number;
  }
  return { kind: 'repeat', revision };
}

function decideByStoredIds(revision: number, ids: readonly string[], stream: StreamView): AppendDecision {
  const [firstId] = ids;
  if (firstId === undefined) return wrongExpectedVersion;
  if (stream.idAt(revision + 1) !== firstId) {
    // Nothing of the request is there, and to its writer neither is the stream: it begins anew.
    return revision === noEvents && stream.isSoftDeleted() ? accept : wrongExpectedVersion;
  }
  const isRepeated = ids.every((id, index) => stream.idAt(revision + 1 + index) === id);
  return isRepeated ? { kind: 'repeat', revision: revision + ids.length } : wrongExpectedVersion;
}
