// The processes of the gateway, made of the production code and of the calls that may fail. What is written again here
// is only what their main files do: loops that begin anew after every end.
import { orderPlacement, type Placed, type Placement } from '@orders/api/order-placement';
import { orderRedrive, type Redrive } from '@orders/api/order-redrive';
import { openStatuses } from '@orders/domain/order-types';
import { type PlacementJob, placementJobId } from '@orders/placement-queue/placement-queue';
import { queueRoom } from '@orders/placement-queue/queue-room';
import type { ProjectorMetrics } from '@orders/projector/metrics';
import { followLog, initialState, type ProjectorDeps } from '@orders/projector/projector';
import { createSweeper, type SweeperDeps } from '@orders/projector/sweeper';
import type { Logger } from '@orders/telemetry/logger';
import type { WorkerMetrics } from '@orders/worker/metrics';
import { type ExchangeGuard, placeOrder } from '@orders/worker/place-order';
import { placementProcessor } from '@orders/worker/placement-processor';
import { type Job, RateLimitError, UnrecoverableError } from 'bullmq';
import type { Calls } from './calls.ts';
import type { MemoryExchange } from './memory-exchange.ts';
import type { MemoryLog } from './memory-log.ts';
import type { Finish, MemoryQueue } from './memory-queue.ts';
import { type MemoryRedis, ordersOfStatus, projectionOf, type RedisCall } from './memory-redis.ts';
import type { Process, Turns } from './turns.ts';

/** Says whether the circuit breaker of the workers lets calls through. */
export type Breaker = 'closed' | 'probing' | 'open';

/** Parts that a test replaces by worse ones, to see that the checks notice. */
export type Flaws = {
  locksExpire: boolean;
  comparesCheckpoints: boolean;
  /** Commits only if the views are still those that the events were applied to. */
  comparesViews: boolean;
  sweeps: boolean;
  /** Enqueues after the commit instead of before it. */
  enqueuesLate: boolean;
  /** A rebuilt read model goes live although it is further than the one before. */
  switchesTooFar: boolean;
  /** Takes an unknown outcome for a call that placed nothing. */
  guessesNotPlaced: boolean;
  /** Believes that an order which the exchange does not find yet was not placed. */
  trustsAbsence: boolean;
};

export type Environment = {
  turns: Turns;
  calls: Calls;
  nowMs: () => number;
  newId: () => string;
  see: (what: string) => void;
  log: MemoryLog;
  redis: MemoryRedis;
  call: RedisCall;
  queue: MemoryQueue;
  exchange: MemoryExchange;
  /** Which process works on a job, by the token of its lock. */
  tended: Map<string, Process>;
  breaker: () => Breaker;
  jobsMax: number;
  flaws: Flaws;
};

const attemptsMax = 2;
const sweepAfterMs = 15_000;
const sweepEveryMs = { open: 5_000, inDoubt: 60_000 };
const fetchPauseMs = 1_000;

const silent = { child: () => silent, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const logger = silent as unknown as Logger;

export function bootProjector(env: Environment, process: Process): void {
  const { turns, nowMs, see, log, redis, call, queue, flaws } = env;
  const state = initialState();
  const client = queue.clientOf(process);
  const room = queueRoom({ queue: client, jobsMax: env.jobsMax, nowMs });
  const metrics = {
    anomalies: { inc: ({ kind }: { kind: string }) => see(`anomaly ${kind}`) },
    rebuilds: { inc: () => see('rebuild') },
    projectedEvents: { inc: () => {} },
    resubscriptions: { inc: () => {} },
    submissionLatencySeconds: { observe: () => {} },
  } as unknown as ProjectorMetrics;
  const deps: ProjectorDeps = {
    identifyStore: log.identifyOf(process),
    subscribe: (from) => log.subscribe(process, from),
    projection: projectionOf(process, redis, call, see, flaws),
    openOrders: () => ordersOfStatus(process, redis, call, openStatuses, Number.POSITIVE_INFINITY),
    enqueue: async (requests) => {
      if (await room.enqueue(requests)) return;
      see('no room in the queue');
      for (const { orderId, redrives } of requests) redis.content.excused.add(placementJobId(orderId, redrives));
    },
    onEnded: () => {},
    metrics,
    log: logger,
  };
  const follow = flaws.enqueuesLate ? enqueuingLate(deps) : deps;

  async function run() {
    for (;;) {
      await followLog(follow, state, new AbortController().signal, () => {}).catch(() => undefined);
      state.following = false;
      await turns.park(process, 'subscribe again', ['ok']);
    }
  }

  async function sweepEvery(everyMs: number, orders: SweeperDeps['orders']) {
    const onSwept: SweeperDeps['onSwept'] = (result) => see(`sweeper ${result}`);
    const sweep = createSweeper({
      orders,
      ensureQueued: room.ensureQueued,
      onSwept,
    });
    for (let dueMs = nowMs() + everyMs; ; dueMs = nowMs() + everyMs) {
      const isReady = () => state.following && nowMs() >= dueMs;
      await turns.park(process, 'sweep', ['ok'], { isReady });
      await sweep().catch(() => undefined);
    }
  }

  void run();
  if (!flaws.sweeps) return;
  void sweepEvery(sweepEveryMs.open, () => ordersOfStatus(process, redis, call, openStatuses, nowMs() - sweepAfterMs));
  void sweepEvery(sweepEveryMs.inDoubt, () =>
    ordersOfStatus(process, redis, call, ['in_doubt'], Number.POSITIVE_INFINITY),
  );
}

function enqueuingLate(deps: ProjectorDeps): ProjectorDeps {
  let put: Parameters<ProjectorDeps['enqueue']>[0] = [];
  return {
    ...deps,
    enqueue: async (requests) => {
      put = requests;
    },
    projection: {
      ...deps.projection,
      commit: async (commit) => {
        const committed = await deps.projection.commit(commit);
        await deps.enqueue(put);
        put = [];
        return committed;
      },
    },
  };
}

export function bootWorker(env: Environment, process: Process): void {
  const { turns, calls, nowMs, newId, see, log, call, queue, exchange, tended, flaws } = env;
  let pausedUntilMs = 0;
  const store = log.storeOf(process);
  const guard: ExchangeGuard = async (step) => {
    const breaker = env.breaker();
    if (breaker === 'open') return { called: false };
    const outcome = await step(breaker === 'probing');
    return { called: true, outcome, duringOutage: breaker === 'probing' };
  };
  const adapter = exchange.adapterOf(process);
  const placement = {
    store,
    exchange: {
      ...adapter,
      ...(flaws.trustsAbsence ? { absenceProvenAfterMs: 0 } : {}),
      place: async (order: Parameters<typeof adapter.place>[0]) => {
        const outcome = await adapter.place(order);
        return flaws.guessesNotPlaced && outcome.kind === 'unknown'
          ? { ...outcome, kind: 'not_placed' as const }
          : outcome;
      },
    },
    guard,
    attemptsMax,
    now: () => new Date(nowMs()),
    newId,
    observe: { onAttempt: () => {}, onQuery: () => {} },
  };
  const metrics = {
    jobs: { inc: ({ end }: { end: string }) => see(`job ${end}`) },
    contradictions: { inc: () => see('contradiction') },
  } as unknown as WorkerMetrics;
  const processor = placementProcessor({
    place: (orderId, job) => placeOrder(placement, orderId, job),
    pauseFetching: async () => {
      pausedUntilMs = nowMs() + fetchPauseMs;
    },
    metrics,
    log: logger,
  });

  const isReady = () => nowMs() >= pausedUntilMs && queue.hasWork();

  async function run() {
    for (;;) {
      const fetched = await turns.park(process, 'fetch', ['ok', 'crash'], { isReady });
      const token = newId();
      const job = queue.take(token);
      if (job === null) continue;
      tended.set(token, process);
      turns.note(process.name, `works on ${job.id}`);
      if (fetched === 'crash') await calls.diedAt(process);
      const finish = await endOf(
        () =>
          processor({ id: job.id, data: job.data, attemptsMade: job.attemptsMade } as Job<
            PlacementJob,
            string
          >) as Promise<string>,
      );
      tended.delete(token);
      const wasMine = await call(process, `finish ${finish.kind}`, () => queue.finish(job.id, token, finish)).catch(
        () => true,
      );
      if (!wasMine) see('finished after the job was taken over or lost');
    }
  }
  void run();
}

async function endOf(process: () => Promise<string>): Promise<Finish> {
  try {
    await process();
    return { kind: 'completed' };
  } catch (error) {
    if (error instanceof RateLimitError) return { kind: 'rate_limited' };
    return { kind: error instanceof UnrecoverableError ? 'failed' : 'thrown' };
  }
}

export function bootApi({ log, nowMs, newId }: Environment, process: Process) {
  const deps = { ...log.storeOf(process), now: () => new Date(nowMs()), newId };
  const place = orderPlacement(deps);
  const redrive = orderRedrive(deps);
  return {
    place: (placement: Placement): Promise<Placed> => place(placement),
    redrive: (request: Redrive) => redrive(request),
  };
}

export type Api = ReturnType<typeof bootApi>;
