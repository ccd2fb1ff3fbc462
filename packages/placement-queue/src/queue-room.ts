// Bounds the queue, so that an outage of the exchange fills neither Redis nor the memory of anybody: what finds no room
// is left out, and brought by the sweeper, oldest first, as room comes about.
import type { Queue } from 'bullmq';
import {
  enqueuePlacements,
  ensureQueued,
  type PlacementJob,
  type PlacementRequest,
  type Requeued,
} from './placement-queue.ts';

type QueueRoomOptions = {
  queue: Queue<PlacementJob>;
  /** Jobs that wait, for their turn or for another attempt; a batch more at the most. */
  jobsMax: number;
  nowMs: () => number;
};

// A count that is as old as this is counted again.
const countedForMs = 1_000;

export function queueRoom({ queue, jobsMax, nowMs }: QueueRoomOptions) {
  let jobs = 0;
  let countedAtMs = Number.NEGATIVE_INFINITY;

  async function hasRoom(): Promise<boolean> {
    if (nowMs() - countedAtMs >= countedForMs) {
      jobs = await queue.getJobCountByTypes('waiting', 'delayed');
      countedAtMs = nowMs();
    }
    return jobs < jobsMax;
  }

  return {
    /** As `enqueuePlacements`, if there is room; resolves to whether there was. */
    enqueue: async (requests: readonly PlacementRequest[]): Promise<boolean> => {
      if (requests.length === 0) return true;
      if (!(await hasRoom())) return false;
      await enqueuePlacements(queue, requests);
      jobs += requests.length;
      return true;
    },
    /** As `ensureQueued`, if there is room for a job that is missing. */
    ensureQueued: async (request: PlacementRequest): Promise<Requeued> => {
      const result = await ensureQueued(queue, request, hasRoom);
      if (result === 'added') jobs += 1;
      return result;
    },
  };
}
