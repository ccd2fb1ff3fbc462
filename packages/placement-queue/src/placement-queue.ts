// The queue between projector and workers, as one definition that both sides import. It may forget, repeat and reorder:
// the order's stream decides whether work is left, a job only says where to look.
import type { OrderPlaced } from '@orders/domain/order-types';
import type { JobsOptions, Queue, QueueOptions, WorkerOptions } from 'bullmq';

export const placementQueueName = 'place-order';

/**
 * The only event of an order's stream, as it was read there. It never changes, and whoever goes by it appends at its
 * revision: if the stream has more by then, that is a conflict.
 */
export type PlacedAlone = { data: OrderPlaced['data']; correlation_id: string; traceparent?: string };

export type PlacementJob = {
  order_id: string;
  /** Saves the first worker the reading of the stream. */
  placed?: PlacedAlone;
};

/** One job an order and round: a redriven order is a new one, an event read twice is not. */
export const placementJobId = (orderId: string, redrives: number): string => `place-${orderId}-${redrives}`;

/** The round that a job belongs to, as its id tells. */
export const roundOf = (jobId: string): number => Number(jobId.slice(jobId.lastIndexOf('-') + 1));

// Kept longer than a projector takes to read again what it had not committed, so that most repeats end at the job id.
// Told by the workers, not by each of up to a million jobs.
const completedKept = { age: 3_600, count: 10_000 };
const failedKept = { age: 7 * 86_400, count: 10_000 };

const jobOptions: JobsOptions = {
  // Attempts to work on the order, not calls to the exchange: those are counted, and bounded, in the stream.
  attempts: 1_000_000,
  backoff: { type: 'custom' },
  stackTraceLimit: 1,
};

export const placementQueueOptions = (prefix: string): Omit<QueueOptions, 'connection'> => ({
  prefix,
  defaultJobOptions: jobOptions,
  // Nobody listens to the queue's events; they only take room in Redis.
  streams: { events: { maxLen: 100 } },
});

type WorkerSizing = { prefix: string; concurrency: number; lockMs: number };

export const placementWorkerOptions = ({
  prefix,
  concurrency,
  lockMs,
}: WorkerSizing): Omit<WorkerOptions, 'connection'> => ({
  prefix,
  concurrency,
  lockDuration: lockMs,
  // A job of a dead worker is marked at one look and moved at the next.
  stalledInterval: Math.min(stalledLookMs, lockMs),
  // A worker that dies, however often, says nothing about the order it worked on.
  maxStalledCount: 1_000_000,
  removeOnComplete: completedKept,
  removeOnFail: failedKept,
  settings: { backoffStrategy: (attemptsMade, _type, cause) => backoffMs(attemptsMade, cause) },
});

const stalledLookMs = 10_000;
const firstBackoffMs = 250;
const longestBackoffMs = 30_000;
// What broke on our side is not the order's to wait for: it is over sooner than the troubles of an exchange.
const longestInterruptionMs = 5_000;

/** The order is still open: the queue is to bring it back. Not an error of the worker. */
export class OrderStillOpenError extends Error {
  override readonly name = 'OrderStillOpenError';
}

/**
 * Doubles from half a second to half a minute, or to five seconds after an interruption, and is spread, so that what
 * failed together does not come back together.
 */
export function backoffMs(attemptsMade: number, cause: unknown, random: () => number = Math.random): number {
  const doublings = Math.min(attemptsMade, 16);
  const longestMs = cause instanceof OrderStillOpenError ? longestBackoffMs : longestInterruptionMs;
  return Math.min(longestMs, firstBackoffMs * 2 ** doublings) * (0.5 + random() / 2);
}

export type PlacementRequest = { orderId: string; redrives: number; placed?: PlacedAlone };

// A chunk is one pipeline of scripts: long enough to save round trips, short enough not to hold up Redis.
const chunkSize = 250;

/** Idempotent by the job ids. Not atomic: after a rejection some of the jobs may stand in the queue; add all again. */
export async function enqueuePlacements(queue: Queue<PlacementJob>, requests: readonly PlacementRequest[]) {
  for (let start = 0; start < requests.length; start += chunkSize) {
    await queue.addBulk(requests.slice(start, start + chunkSize).map(jobOf));
  }
}

const jobOf = ({ orderId, redrives, placed }: PlacementRequest) => ({
  name: 'place',
  data: { order_id: orderId, ...(placed && { placed }) },
  opts: { jobId: placementJobId(orderId, redrives) },
});

/** `full`: it has no job, and the queue has no room for one. */
export type Requeued = 'added' | 'retried' | 'left' | 'full';

/** Sees to it that work on an open order goes on, whatever became of its job. */
export async function ensureQueued(
  queue: Queue<PlacementJob>,
  request: PlacementRequest,
  hasRoom: () => Promise<boolean> = async () => true,
): Promise<Requeued> {
  const jobId = placementJobId(request.orderId, request.redrives);
  const state = await queue.getJobState(jobId);
  // A finished job blocks its id: adding it again would be taken for a duplicate, and nothing would happen.
  if (state === 'completed' || state === 'failed') {
    const job = await queue.getJob(jobId);
    await job?.retry(state);
    return 'retried';
  }
  if (state !== 'unknown') return 'left';
  if (!(await hasRoom())) return 'full';
  await enqueuePlacements(queue, [request]);
  return 'added';
}
