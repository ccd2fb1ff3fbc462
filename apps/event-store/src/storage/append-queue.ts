// The appends that wait for the next commit, in the order of their arrival. Bounded in bytes.
import { type AppendOutcome, type AppendRequest, recordSize } from './events.ts';

export type WaitingAppend = Readonly<{
  request: AppendRequest;
  resolve: (outcome: AppendOutcome) => void;
  reject: (error: Error) => void;
}>;

/** More than this waits only while the disk is slower than the network for seconds: better refuse than grow. */
const waitingBytesMax = 64 * 1_048_576;
/** These two bound how long one commit keeps the event loop: some milliseconds of inserts, then the fsync. */
const groupAppendsMax = 1_000;
const groupBytesMax = 8 * 1_048_576;

export function createAppendQueue() {
  const waiting: (WaitingAppend & { bytes: number })[] = [];
  let waitingBytes = 0;
  return {
    isEmpty: () => waiting.length === 0,
    /** False when there is no room. */
    push(append: WaitingAppend): boolean {
      const { stream, events } = append.request;
      const bytes = events.reduce((sum, event) => sum + recordSize(stream, event), 0);
      if (waitingBytes + bytes > waitingBytesMax) return false;
      waitingBytes += bytes;
      waiting.push({ ...append, bytes });
      return true;
    },
    /** The appends of the next commit; empty only when nothing waits. */
    takeGroup(): readonly WaitingAppend[] {
      let bytes = 0;
      let appends = 0;
      while (appends < Math.min(waiting.length, groupAppendsMax) && bytes < groupBytesMax) {
        bytes += waiting[appends]?.bytes ?? 0;
        appends += 1;
      }
      waitingBytes -= bytes;
      return waiting.splice(0, appends);
    },
  };
}
