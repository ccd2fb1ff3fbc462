// Between the queue and the placement of one order: how each end of a placement is told to BullMQ. A job that completes
// is done with; one that throws comes back after a pause, as often as it takes.
import { OrderError } from '@orders/domain/errors';
import { OrderStillOpenError, type PlacementJob, roundOf } from '@orders/placement-queue/placement-queue';
import type { Logger } from '@orders/telemetry/logger';
import { type Processor, RateLimitError, UnrecoverableError } from 'bullmq';
import type { WorkerMetrics } from './metrics.ts';
import { NoSuchOrderError, type PlacementEnd, type WhatTheJobSays } from './place-order.ts';

type ProcessorDeps = {
  place: (orderId: string, job: WhatTheJobSays) => Promise<PlacementEnd>;
  /** Keeps this worker from fetching jobs for a while. */
  pauseFetching: () => Promise<void>;
  metrics: WorkerMetrics;
  log: Logger;
};

export const placementProcessor =
  ({ place, pauseFetching, metrics, log }: ProcessorDeps): Processor<PlacementJob, string> =>
  async ({ id: jobId = '', data: { order_id: orderId, placed }, attemptsMade }) => {
    const job = { orderId, job_attempt: attemptsMade + 1 };
    // What the job says of the order is out of date once somebody has worked on it.
    const end = await place(orderId, { placed: attemptsMade === 0 ? placed : undefined, round: roundOf(jobId) }).catch(
      (err: unknown) => {
        metrics.jobs.inc({ end: 'error' });
        throw giveUpOrTryAgain(err, metrics, log.child(job));
      },
    );
    metrics.jobs.inc({ end: end.kind });
    switch (end.kind) {
      case 'settled':
        if (end.was === 'now') log.info({ ...job, status: end.status }, 'order settled');
        return end.status;
      case 'superseded':
        return end.kind;
      case 'open':
        log.info({ ...job, reason: end.reason }, 'order still open');
        throw new OrderStillOpenError(end.reason);
      case 'exchange_unavailable':
        await pauseFetching();
        throw new RateLimitError();
    }
  };

function giveUpOrTryAgain(err: unknown, metrics: WorkerMetrics, log: Logger): unknown {
  if (err instanceof NoSuchOrderError) {
    log.error({ err }, 'job of an order that this event store does not have');
    return new UnrecoverableError(err.message);
  }
  if (err instanceof OrderError) {
    // A plain retry would find the order settled and hide that the exchange said two different things.
    metrics.contradictions.inc();
    log.error({ err }, 'the exchange contradicts the stream of the order');
    return new UnrecoverableError(err.message);
  }
  log.warn({ err }, 'placement interrupted');
  return err instanceof Error ? err : new Error(String(err));
}
