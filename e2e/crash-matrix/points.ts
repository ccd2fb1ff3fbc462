// Every point at which a process of the gateway can be made to die, with what is durable at that moment and what
// follows. The steps are those that the processes themselves declare, so that none can be missing here.
import { apiSteps } from '@orders/api/crash-steps';
import { eventStoreSteps } from '@orders/event-store/crash-steps';
import { exchangeSteps } from '@orders/exchange/crash-steps';
import { type CrashPoint, type CrashSide, crashSides } from '@orders/lifecycle/crash-points';
import { projectorSteps } from '@orders/projector/crash-steps';
import { workerSteps } from '@orders/worker/crash-steps';

const steps = [...apiSteps, ...projectorSteps, ...workerSteps, ...exchangeSteps, ...eventStoreSteps];
export type Step = (typeof steps)[number];
export type Point = CrashPoint<Step>;

export type PointRow = { point: Point; step: Step; side: CrashSide; durable: string; next: string };

/** What is durable, and what happens next. */
type Told = readonly [durable: string, next: string];

const told: Record<Step, Record<CrashSide, Told>> = {
  'api.append': {
    before: ['Nothing of the order.', 'The client has no answer; sent again under its key, the order is stored then.'],
    after: ['`OrderPlaced`.', 'It is placed although nobody was told; a repeat under its key gets the 201.'],
  },
  'projector.enqueue': {
    before: ['`OrderPlaced`; no job, no view.', 'The event is read again from the checkpoint, and enqueued.'],
    after: ['The job; neither view nor checkpoint.', 'The event is read again; the job id makes the second job none.'],
  },
  'projector.commit': {
    before: ['The job; neither view nor checkpoint.', 'The event is read again; the job id makes the second job none.'],
    after: ['Job, view and checkpoint.', 'The projector goes on behind the batch.'],
  },
  'projector.clear': {
    before: ['Views without a checkpoint, which Redis has lost.', 'No checkpoint: they are cleared.'],
    after: ['Nothing of the read model.', 'No checkpoint: there is nothing to clear, and the rebuild begins.'],
  },
  'projector.start-rebuild': {
    before: ['Nothing of the read model.', 'No checkpoint: the rebuild begins.'],
    after: ['A checkpoint at the start of the log.', 'The rebuild goes on from the start of the log.'],
  },
  'projector.commit-rebuilding': {
    before: ['Nothing of this batch.', 'The batch is read again from the checkpoint.'],
    after: ['The views of the batch; no job yet.', 'The rebuild goes on behind the batch.'],
  },
  'projector.enqueue-rebuilt': {
    before: ['All views; no jobs of open orders.', 'Still a rebuild: the open orders are enqueued.'],
    after: ['All views; jobs of open orders.', 'Still a rebuild: enqueued again, the job ids make second jobs none.'],
  },
  'projector.finish-rebuild': {
    before: ['All views and jobs.', 'Still a rebuild: enqueued again, the job ids make second jobs none.'],
    after: ['All views and jobs; a checkpoint that says so.', 'The projector follows the log.'],
  },
  'projector.sweep': {
    before: ['An open order, the job of which is gone.', 'The next sweep finds the same order.'],
    after: ['The job, again.', 'The next sweep leaves it, and finds the orders that this one did not come to.'],
  },
  'worker.append-intent': {
    before: ['`OrderPlaced` and the job.', 'The lock of the job runs out, and it is taken again.'],
    after: ['`SubmissionStarted`; the exchange was not called.', 'The exchange is asked, has nothing, and is called.'],
  },
  'worker.place': {
    before: ['`SubmissionStarted`; the exchange was not called.', 'The exchange is asked, has nothing, and is called.'],
    after: [
      'What the exchange did; not what it said.',
      'The exchange is asked: what it has is recorded, or it is called.',
    ],
  },
  'worker.query': {
    before: ['The order at the exchange, the answer of which was lost.', 'The exchange is asked again.'],
    after: ['The order at the exchange; not what it said when asked.', 'The exchange is asked again.'],
  },
  'worker.append-outcome': {
    before: [
      'What the exchange did; not what it said.',
      'The exchange is asked: what it has is recorded, or it is called.',
    ],
    after: [
      'The outcome; the job goes on being active.',
      'Taken again, the job finds its order settled, or tries again.',
    ],
  },
  'worker.complete': {
    before: ['The end of the order; the job goes on being active.', 'Taken again, the job finds its order settled.'],
    after: ['The end of the order and of its job.', 'Nothing is left to do for it; other jobs are taken again.'],
  },
  'exchange.record': {
    before: ['`SubmissionStarted`; nothing at the exchange.', 'The exchange is asked, has nothing, and is called.'],
    after: ['The entry in the ledger; nobody was told.', 'The exchange is asked, and its answer is the evidence.'],
  },
  'event-store.write-transaction': {
    before: ['Nothing of the appends of the group.', 'They are sent again, and stored.'],
    after: ['The appends, as far as only the process died.', 'They are sent again, and recognised by their event ids.'],
  },
  'event-store.sync': {
    before: [
      'The appends, as far as only the process died.',
      'They are sent again, and recognised by their event ids.',
    ],
    after: ['The appends; nobody was told.', 'They are sent again, and recognised by their event ids.'],
  },
  'event-store.checkpoint': {
    before: ['Everything, in part only in the write-ahead log.', 'Both files are read as one.'],
    after: ['Everything; the write-ahead log may begin anew.', 'Both files are read as one.'],
  },
};

export const points: readonly PointRow[] = steps.flatMap((step) =>
  crashSides.map((side) => {
    const [durable, next] = told[step][side];
    return { point: `${step}:${side}` as const, step, side, durable, next };
  }),
);
