// The appends of one BatchAppend call whose last frame has not arrived yet.
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ExpectedRevision } from '../storage/events.ts';
import { type AppendBuffer, createAppendBuffer } from './append-buffer.ts';
import { expectedRevision, streamName, uuidText } from './requests.ts';

export type PendingWrite = {
  readonly correlationId: UUID;
  readonly options: BatchAppendReq.Options;
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly buffer: AppendBuffer;
  timer?: NodeJS.Timeout;
};

/** An append gets no longer than this to arrive in full, whatever deadline the client names; as in EventStoreDB. */
const writeTimeoutMs = 2_000;
/** Bounds what one client can make the server hold of appends that have not arrived in full. */
const heldBytesMax = 64 * 1_048_576;

/** Throws a GrpcFailure for options that cannot be understood. */
export function openWrite(correlationId: UUID, options: BatchAppendReq.Options): PendingWrite {
  const revision = options.hasStreamPosition() ? options.getStreamPosition() : undefined;
  return {
    correlationId,
    options,
    stream: streamName(options.getStreamIdentifier()),
    expected: expectedRevision(options, revision),
    buffer: createAppendBuffer(),
  };
}

/** Time until the deadline that the client named; not positive once that has passed. */
export function remainingMs(options: BatchAppendReq.Options): number {
  const deadline = options.getDeadline();
  return deadline === undefined ? writeTimeoutMs : Math.min(deadline.toDate().getTime() - Date.now(), writeTimeoutMs);
}

export function createPendingWrites() {
  const writes = new Map<string, PendingWrite>();
  let heldBytes = 0;

  function remove(write: PendingWrite): void {
    clearTimeout(write.timer);
    heldBytes -= write.buffer.heldBytes();
    writes.delete(uuidText(write.correlationId));
  }

  return {
    find: (correlationId: UUID) => writes.get(uuidText(correlationId)),
    add: (write: PendingWrite) => void writes.set(uuidText(write.correlationId), write),
    /** Throws a GrpcFailure for an event that cannot be understood. */
    addEvents({ buffer }: PendingWrite, frame: BatchAppendReq): void {
      const heldBefore = buffer.heldBytes();
      try {
        for (const message of frame.getProposedMessagesList()) buffer.add(message);
      } finally {
        heldBytes += buffer.heldBytes() - heldBefore;
      }
    },
    holdTooMuch: () => heldBytes > heldBytesMax,
    remove,
    isEmpty: () => writes.size === 0,
    clear() {
      for (const write of writes.values()) remove(write);
    },
  };
}
