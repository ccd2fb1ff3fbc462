// The writes that wait for the next commit, in the order of their arrival. Bounded in bytes.
import { recordSize, type WriteOutcome, type WriteRequest } from './events.ts';

export type WaitingWrite = Readonly<{
  request: WriteRequest;
  resolve: (outcome: WriteOutcome) => void;
  reject: (error: Error) => void;
}>;

/** More than this waits only while the disk is slower than the network for seconds: better refuse than grow. */
const waitingBytesMax = 64 * 1_048_576;
/** These two bound how long one transaction keeps the event loop: some milliseconds. */
const groupWritesMax = 1_000;
const groupBytesMax = 8 * 1_048_576;
/**
 * Of many that wait, only a part goes together: whoever is answered first sends its next write while the others are
 * executed. In one group, store and clients would take turns, and each would idle half of the time.
 */
const groupShare = 1 / 4;
const groupWritesMin = 24;

export function createWriteQueue() {
  const waiting: (WaitingWrite & { bytes: number })[] = [];
  let waitingBytes = 0;
  return {
    isEmpty: () => waiting.length === 0,
    /** False when there is no room. */
    push(write: WaitingWrite): boolean {
      const bytes = bytesOf(write.request);
      if (waitingBytes + bytes > waitingBytesMax) return false;
      waitingBytes += bytes;
      waiting.push({ ...write, bytes });
      return true;
    },
    /** The writes of the next commit; empty only when nothing waits. */
    takeGroup(): readonly WaitingWrite[] {
      let bytes = 0;
      let writes = 0;
      const share = Math.max(groupWritesMin, Math.ceil(waiting.length * groupShare));
      while (writes < Math.min(waiting.length, share, groupWritesMax) && bytes < groupBytesMax) {
        bytes += waiting[writes]?.bytes ?? 0;
        writes += 1;
      }
      waitingBytes -= bytes;
      return waiting.splice(0, writes);
    },
  };
}

const bytesOf = (request: WriteRequest): number =>
  request.kind === 'append' ? request.events.reduce((sum, event) => sum + recordSize(request.stream, event), 0) : 0;
