import type { PlacementJob } from '@orders/placement-queue/placement-queue';
import type { Queue } from 'bullmq';

// Among so many that are next, there is nearly always one that was not tried before.
const jobsLookedAt = 20;

/**
 * How long the placements that are next have waited for a worker, in seconds; 0 when none waits. What comes back for
 * another attempt says only when it was tried last: that counts, pause included, if nothing else is among the next.
 */
export async function queueWaitSeconds(queue: Queue<PlacementJob>, nowMs: number): Promise<number> {
  const next = await queue.getJobs(['waiting'], 0, jobsLookedAt - 1, true);
  const [first] = next;
  if (first === undefined) return 0;
  const job = next.find(({ processedOn }) => processedOn === undefined) ?? first;
  return Math.max(0, nowMs - (job.processedOn ?? job.timestamp)) / 1_000;
}
