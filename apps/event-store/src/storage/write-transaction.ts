// The writes of one transaction, each decided on top of the ones before it. Nothing here outlives a transaction that
// fails.
import { randomUUID } from 'node:crypto';
import { type AppendDecision, decideAppend } from './append-decision.ts';
import type { EventLog } from './event-log.ts';
import {
  type AppendRequest,
  type DeletionRequest,
  metadataStreamOf,
  noEvents,
  ownerOf,
  type ProposedEvent,
  type RecordedEvent,
  tombstoneNumber,
  type WriteOutcome,
  type WriteRequest,
} from './events.ts';
import type { RecentIds } from './recent-ids.ts';
import { isSoftDeleted, parseStreamMetadata, softDeletedDocument, withTruncateBefore } from './stream-metadata.ts';
import { isVisible } from './visible-events.ts';

type WriteTransactionDeps = { log: EventLog; recentIds: RecentIds; nowMs: number };

const wrongExpectedVersion = (actual: number): WriteOutcome => ({ kind: 'wrong-expected-version', actual });

export function createWriteTransaction({ log, recentIds, nowMs }: WriteTransactionDeps) {
  const written: RecordedEvent[] = [];
  const { lastNumber, find } = log.written;

  function insert(stream: string, number: number, event: ProposedEvent): RecordedEvent {
    const recorded = log.insert({ ...event, stream, number, createdMs: nowMs });
    recentIds.stage(stream, event.id, number);
    written.push(recorded);
    return recorded;
  }

  /** A metadata stream ends with the stream that it belongs to. */
  function lastOf(stream: string): number {
    const owner = ownerOf(stream);
    const hasEnded = owner !== undefined && lastNumber(owner) === tombstoneNumber;
    return hasEnded ? tombstoneNumber : lastNumber(stream);
  }

  const documentOf = (stream: string) => log.written.newest(metadataStreamOf(stream));
  const isDeleted = (stream: string) => isSoftDeleted(parseStreamMetadata(documentOf(stream)));
  const hasMetadata = (stream: string) => lastNumber(metadataStreamOf(stream)) !== noEvents;

  const decide = ({ stream, expected }: WriteRequest, ids: readonly string[], last: number): AppendDecision =>
    decideAppend(expected, ids, {
      last,
      hasMetadata: () => hasMetadata(stream),
      isSoftDeleted: () => isDeleted(stream),
      idAt: (number) => find(stream, number)?.id,
      recentNumber: (id) => recentIds.numberOf(stream, id),
    });

  function append(request: AppendRequest): WriteOutcome {
    const { stream, events } = request;
    const last = lastOf(stream);
    const ids = events.map(({ id }) => id);
    const decision = decide(request, ids, last);
    switch (decision.kind) {
      case 'stream-deleted':
        return decision;
      case 'wrong-expected-version':
        return wrongExpectedVersion(last);
      case 'repeat':
        return { kind: 'success', revision: decision.revision, position: visiblePosition(stream, decision.revision) };
      case 'accept': {
        // Asked before the first insert, which for a metadata stream changes the answer.
        const owner = ownerOf(stream);
        const revived = isDeleted(stream) ? stream : owner !== undefined && isDeleted(owner) ? owner : undefined;
        for (const [index, event] of events.entries()) insert(stream, last + 1 + index, event);
        // Without events, below the position of the next one: who reads on after the answer must not miss that.
        const position = written.at(-1)?.position ?? log.written.endPosition() - 1;
        if (revived !== undefined) revive(revived, revived === stream ? last + 1 : lastNumber(revived) + 1);
        return { kind: 'success', revision: last + events.length, position };
      }
    }
  }

  function remove(request: DeletionRequest): WriteOutcome {
    const { stream } = request;
    const last = lastOf(stream);
    // An id that was never seen: a deletion that is sent again is a second deletion.
    const decision = decide(request, [randomUUID()], last);
    if (decision.kind === 'stream-deleted') return decision;
    if (decision.kind !== 'accept') return wrongExpectedVersion(last);
    if (request.kind === 'tombstone') return deletion(insert(stream, tombstoneNumber, tombstone()));
    if (last === noEvents && !hasMetadata(stream)) return wrongExpectedVersion(last);
    return deletion(insertMetadata(stream, softDeletedDocument));
  }

  /** The stream goes on behind the events that were deleted. */
  function revive(stream: string, firstNumber: number): void {
    const document = withTruncateBefore(documentOf(stream), firstNumber);
    if (document !== undefined) insertMetadata(stream, document);
  }

  function insertMetadata(stream: string, data: Uint8Array): RecordedEvent {
    const metadataStream = metadataStreamOf(stream);
    const event = { id: randomUUID(), type: '$metadata', isJson: true, data, metadata: new Uint8Array() };
    return insert(metadataStream, lastNumber(metadataStream) + 1, event);
  }

  function visiblePosition(stream: string, number: number): number | undefined {
    const event = find(stream, number);
    if (event === undefined) return undefined;
    const metadata = parseStreamMetadata(documentOf(stream));
    const visible = isVisible({ stream, number, createdMs: event.createdMs }, lastNumber(stream), metadata, nowMs);
    return visible ? event.position : undefined;
  }

  return {
    write: (request: WriteRequest): WriteOutcome => (request.kind === 'append' ? append(request) : remove(request)),
    written: written as readonly RecordedEvent[],
  };
}

const tombstone = (): ProposedEvent => ({
  id: randomUUID(),
  type: '$streamDeleted',
  isJson: false,
  data: new Uint8Array(),
  metadata: new Uint8Array(),
});

const deletion = ({ number, position }: RecordedEvent): WriteOutcome => ({
  kind: 'success',
  revision: number,
  position,
});
