// Follows the log for ever: enqueues a job for each order that became open, then commits views and checkpoint as one.
// In that order, so that an order whose event is behind the checkpoint certainly had its job. Any end of a
// subscription, clean or not, is followed by a new one from the stored checkpoint: a switch to another generation of
// the read model is no more to it than that. Whoever finds that a rival moves the checkpoint lets him, and looks on.
import { setTimeout as sleep } from 'node:timers/promises';
import { isLater, type LogPosition } from '@orders/order-store/order-store';
import type { OrderEventBatch } from '@orders/order-store/order-subscription';
import type { PlacementRequest } from '@orders/placement-queue/placement-queue';
import type { Checkpoint } from '@orders/read-model/checkpoint';
import { currentViewVersion, type OrderView } from '@orders/read-model/order-view';
import type { Projection } from '@orders/read-model/redis-projection';
import type { Logger } from '@orders/telemetry/logger';
import { foldBatch } from './fold-batch.ts';
import type { ProjectorMetrics } from './metrics.ts';

export type ProjectorDeps = {
  identifyStore: () => Promise<string>;
  subscribe: (from: LogPosition | null, signal: AbortSignal) => AsyncIterable<OrderEventBatch>;
  projection: Projection;
  /** All open orders of a generation of the read model, oldest first, in pages. */
  openOrders: (generation: string) => AsyncIterable<OrderView[]>;
  enqueue: (requests: readonly PlacementRequest[]) => Promise<void>;
  /** Told why a subscription ended, so that a client that cannot recover by itself is replaced before the next one. */
  onEnded: (error: unknown) => void;
  metrics: ProjectorMetrics;
  log: Logger;
};

/** What others may know of the projector. */
export type ProjectorState = {
  /** Where it is, or where the rival is that it looks on at. */
  checkpoint: Checkpoint | null;
  /** Whether it follows the end of the log. */
  following: boolean;
  /** When it last did so, or saw a rival at work, in milliseconds since 1970; `null` before the first time. */
  inStepAtMs: number | null;
};

export const initialState = (): ProjectorState => ({ checkpoint: null, following: false, inStepAtMs: null });

/**
 * The stored checkpoint is not the one that was left there: a rival projector is at work, another generation of the
 * read model went live, or Redis lost data.
 */
export class CheckpointMovedError extends Error {
  override readonly name = 'CheckpointMovedError';
}

const shortestPauseMs = 100;
const longestPauseMs = 2_000;
// A rival at work moves the checkpoint many times meanwhile; of one that died this is noticed so late.
const rivalLookMs = 500;

/** Ends only with the signal. `state` is kept up to date for health checks and metrics. */
export async function runProjector(deps: ProjectorDeps, state: ProjectorState, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      await followLog(deps, state, signal, () => {
        failures = 0;
      });
    } catch (err) {
      state.following = false;
      if (err instanceof CheckpointMovedError && (await lookedOn(deps, state, signal))) continue;
      failures += 1;
      deps.metrics.resubscriptions.inc();
      deps.onEnded(err);
      const level = err instanceof CheckpointMovedError ? 'info' : 'warn';
      deps.log[level]({ err, failures }, 'subscription ended, subscribing again');
    }
    state.following = false;
    const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** failures) * (0.5 + Math.random() / 2);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Stands by for as long as somebody else moves the checkpoint, and resolves to whether anybody did: two that take turns
 * in losing their batches are slower than one alone.
 */
async function lookedOn(
  { projection, log }: Pick<ProjectorDeps, 'projection' | 'log'>,
  state: ProjectorState,
  signal: AbortSignal,
): Promise<boolean> {
  let seen = false;
  for (let before = await positionIn(projection); !signal.aborted; ) {
    await sleep(rivalLookMs, undefined, { signal }).catch(() => undefined);
    const checkpoint = await projection.readCheckpoint().catch(() => null);
    if (checkpoint === null || !isLater(checkpoint.position, before)) break;
    if (!seen) log.info('another projector is at work: standing by');
    seen = true;
    before = checkpoint.position;
    state.checkpoint = checkpoint;
    state.inStepAtMs = Date.now();
  }
  return seen;
}

const positionIn = async ({ readCheckpoint }: Pick<Projection, 'readCheckpoint'>): Promise<LogPosition | null> =>
  (await readCheckpoint().catch(() => null))?.position ?? null;

/** One subscription, from the stored checkpoint to its end: rejects, or resolves with the signal. */
export async function followLog(
  deps: ProjectorDeps,
  state: ProjectorState,
  signal: AbortSignal,
  onProgress: () => void,
) {
  let checkpoint = await startingPoint(deps);
  state.checkpoint = checkpoint;
  for await (const batch of deps.subscribe(checkpoint.position, signal)) {
    checkpoint = await commitBatch(deps, checkpoint, batch);
    if (batch.caughtUp && checkpoint.phase === 'rebuilding') checkpoint = await finishRebuild(deps, checkpoint);
    state.checkpoint = checkpoint;
    state.following ||= batch.caughtUp;
    if (state.following) state.inStepAtMs = Date.now();
    onProgress();
  }
}

// Written at once, so that the first batch finds in Redis what it compares with.
async function startingPoint({ identifyStore, projection, metrics, log }: ProjectorDeps): Promise<Checkpoint> {
  const storeId = await identifyStore();
  const stored = await projection.readCheckpoint();
  const start: Checkpoint = {
    storeId,
    viewVersion: currentViewVersion,
    phase: 'rebuilding',
    position: null,
    generation: '',
  };
  if (stored?.storeId === storeId && stored.viewVersion === currentViewVersion) return stored;
  if (stored !== null)
    log.warn({ was: stored, is: start }, 'another store or version of views: dropping the read model');
  if (!(await projection.clear(stored))) throw new CheckpointMovedError('while the read model was dropped');
  if (!(await projection.commit({ previous: null, next: start, changes: [] }))) {
    throw new CheckpointMovedError('at the start of a rebuild');
  }
  metrics.rebuilds.inc();
  log.info({ storeId }, 'building the read model from the start of the log');
  return start;
}

async function commitBatch(deps: ProjectorDeps, previous: Checkpoint, batch: OrderEventBatch): Promise<Checkpoint> {
  const { projection, enqueue, metrics, log } = deps;
  const orderIds = [...new Set(batch.events.map(({ orderId }) => orderId))];
  const known = await projection.loadViews(orderIds, previous.generation);
  const { changed, opened, submitted, anomalies } = foldBatch(known, batch.events);
  if (previous.phase === 'live') await enqueue(opened);
  const next: Checkpoint = { ...previous, position: batch.position };
  const after = new Map(changed.map((view) => [view.id, view]));
  const changes = orderIds.map((id) => ({ id, before: known.get(id) ?? null, after: after.get(id) ?? null }));
  if (!(await projection.commit({ previous, next, changes }))) {
    throw new CheckpointMovedError('at a commit');
  }
  // Only what was committed counts: views that Redis lost meanwhile are followed by nothing.
  for (const { stream, revision, type } of batch.unreadable) {
    metrics.anomalies.inc({ kind: 'unreadable' });
    log.error({ stream, revision: String(revision), type }, 'event passed over: this version cannot read it');
  }
  for (const { orderId, revision, event } of anomalies) {
    metrics.anomalies.inc({ kind: 'out-of-sequence' });
    log.error({ orderId, revision: String(revision), type: event.type }, 'event does not follow the view of its order');
  }
  metrics.projectedEvents.inc(batch.events.length);
  if (previous.phase === 'live') {
    for (const { placedAt, submittedAt } of submitted) {
      metrics.submissionLatencySeconds.observe((Date.parse(submittedAt) - Date.parse(placedAt)) / 1_000);
    }
  }
  return next;
}

// Of the orders that the log opened, most were settled later in the log: only what is still open now needs a job.
async function finishRebuild(deps: ProjectorDeps, previous: Checkpoint): Promise<Checkpoint> {
  let open = 0;
  for await (const page of deps.openOrders(previous.generation)) {
    await deps.enqueue(page.map(requestOf));
    open += page.length;
  }
  const next: Checkpoint = { ...previous, phase: 'live' };
  if (!(await deps.projection.commit({ previous, next, changes: [] }))) {
    throw new CheckpointMovedError('at the end of a rebuild');
  }
  deps.log.info({ open }, 'the read model is complete');
  return next;
}

const requestOf = ({ id, redrives }: OrderView): PlacementRequest => ({ orderId: id, redrives });
