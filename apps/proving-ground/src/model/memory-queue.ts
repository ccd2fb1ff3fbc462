// What BullMQ does with jobs, as far as an order can notice: an id that exists in any state is not added again, a job
// whose lock ran out is given to somebody else while its first worker may still be at it, a finished job stays finished
// until somebody retries it.
import { backoffMs, OrderStillOpenError, type PlacementJob } from '@orders/placement-queue/placement-queue';
import type { Queue } from 'bullmq';
import type { MemoryRedis, RedisCall, StoredJob } from './memory-redis.ts';
import type { Process } from './turns.ts';

export const lockMs = 30_000;

export type Finish =
  | { kind: 'completed' }
  | { kind: 'failed' }
  /** Later again, after a pause that grows. */
  | { kind: 'thrown' }
  /** Again as soon as the queue goes on. */
  | { kind: 'rate_limited' };

type QueueDeps = { redis: MemoryRedis; call: RedisCall; nowMs: () => number; see: (what: string) => void };

/** What is wrong with it is for tests of the checks. */
export type QueueFlaws = { locksExpire: boolean };

export type MemoryQueue = ReturnType<typeof memoryQueue>;

export function memoryQueue({ redis, call, nowMs, see }: QueueDeps, { locksExpire }: QueueFlaws) {
  const jobs = () => redis.content.jobs;

  function add({ data, opts }: { data: PlacementJob; opts: { jobId: string } }): void {
    const id = opts.jobId;
    redis.content.everAdded.add(id);
    if (jobs().has(id)) {
      see('job id taken');
      return;
    }
    const nothingYet = { attemptsMade: 0, dueMs: 0, lock: null };
    jobs().set(id, { id, data, state: 'waiting', place: nextPlace(), ...nothingYet });
  }

  function nextPlace(): number {
    redis.content.places += 1;
    return redis.content.places;
  }

  const isDue = ({ state, dueMs }: StoredJob) => state === 'waiting' || (state === 'delayed' && dueMs <= nowMs());

  function retry(id: string, from: string): void {
    const job = jobs().get(id);
    if (job?.state !== from) throw new Error(`job ${id} is not ${from}`);
    Object.assign(job, { state: 'waiting', place: nextPlace(), attemptsMade: 0 } satisfies Partial<StoredJob>);
  }

  return {
    /** As much of BullMQ's queue as the placement queue uses. */
    clientOf: (process: Process): Queue<PlacementJob> => {
      const client = {
        addBulk: (bulk: Parameters<typeof add>[0][]) =>
          call(
            process,
            'enqueue',
            () => bulk.forEach(add),
            () => bulk.slice(0, bulk.length / 2).forEach(add),
          ),
        getJobCountByTypes: (...states: StoredJob['state'][]) =>
          call(process, 'count jobs', () => [...jobs().values()].filter(({ state }) => states.includes(state)).length),
        getJobState: (id: string) => call(process, 'job state', () => jobs().get(id)?.state ?? 'unknown'),
        getJob: async (id: string) => {
          const found = await call(process, 'get job', () => jobs().has(id));
          return found ? { retry: (from: string) => call(process, 'retry job', () => retry(id, from)) } : undefined;
        },
      };
      return client as unknown as Queue<PlacementJob>;
    },

    hasWork: () => redis.isUp && jobs().values().some(isDue),

    take: (token: string): StoredJob | null => {
      const [job] = [...jobs().values()].filter(isDue).toSorted((a, b) => a.place - b.place);
      if (job === undefined) return null;
      job.state = 'active';
      job.lock = { token, untilMs: nowMs() + lockMs };
      return { ...job };
    },

    /** `false` when the job is no longer this worker's: its lock ran out, or Redis does not know it. */
    finish: (id: string, token: string, { kind }: Finish): boolean => {
      const job = jobs().get(id);
      if (job?.state !== 'active' || job.lock?.token !== token) return false;
      job.lock = null;
      job.place = nextPlace();
      if (kind === 'thrown') {
        job.attemptsMade += 1;
        job.state = 'delayed';
        job.dueMs = nowMs() + backoffMs(job.attemptsMade, new OrderStillOpenError('open'), () => 0.5);
      } else {
        job.state = kind === 'rate_limited' ? 'waiting' : kind;
      }
      return true;
    },

    /** What workers do all the time: keep the locks of what they work on, and take over what nobody keeps. */
    lookAfterLocks: (isTended: (token: string) => boolean, somebodyLooks: boolean): void => {
      if (!redis.isUp) return;
      for (const job of jobs().values()) {
        if (job.state !== 'active' || job.lock === null) continue;
        if (isTended(job.lock.token)) job.lock.untilMs = nowMs() + lockMs;
        if (job.lock.untilMs > nowMs() || !somebodyLooks || !locksExpire) continue;
        see('job taken over');
        Object.assign(job, { state: 'waiting', place: nextPlace(), lock: null } satisfies Partial<StoredJob>);
      }
    },
  };
}
