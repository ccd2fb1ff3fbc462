// Brings one order one step closer to the exchange, or finds that nothing is left to do. The stream decides: the intent
// is written before the call, the outcome after it, each at the exact revision up to which the stream is known. So a
// job may run twice, a worker may die anywhere, and the order still stands at the exchange once.
import { absentOrder, awaitsOutcome, decide, evolve } from '@orders/domain/order';
import type { ExistingOrder, Order, OrderCommand, OrderStatus } from '@orders/domain/order-types';
import type { CommandContext, OrderStore } from '@orders/order-store/order-store';
import type { PlacedAlone } from '@orders/placement-queue/placement-queue';
import type { Exchange, PlacementOutcome, QueryOutcome } from '@orders/stock-exchange/exchange';
import { callWithinMs, clearForCall, confirmation, evidenceFor } from './unknown-outcome.ts';

export type PlacementDeps = {
  store: OrderStore;
  exchange: Exchange;
  /** Runs a step that calls the exchange, unless the circuit is open. */
  guard: ExchangeGuard;
  attemptsMax: number;
  now: () => Date;
  newId: () => string;
  observe: PlacementObserver;
};

/**
 * `called: false` when nothing was tried, because the exchange is known to be out of order. The step is told whether it
 * is a probe, made to find out if that is over; `duringOutage` whether the exchange was out of order when it ended.
 */
export type ExchangeGuard = (
  step: (probing: boolean) => Promise<GuardedOutcome>,
) => Promise<{ called: true; outcome: GuardedOutcome; duringOutage: boolean } | { called: false }>;

/** `unreachable`: the exchange did not even answer a question, so no call was begun. */
export type GuardedOutcome =
  | PlacementOutcome
  | { kind: 'not_called' }
  | { kind: 'unreachable' }
  /** The worker was held up for so long after it had announced the call that it did not make it. */
  | { kind: 'too_late' }
  /** The exchange has the order already. */
  | { kind: 'found'; evidence: OrderCommand };

export type PlacementObserver = {
  onAttempt: (outcome: PlacementOutcome['kind'], seconds: number) => void;
  onQuery: (outcome: QueryOutcome['kind']) => void;
};

export type PlacementEnd =
  | { kind: 'settled'; status: OrderStatus; was: 'already' | 'now' }
  /** Worth trying again later: the exchange placed nothing, or what it did is not known. */
  | { kind: 'open'; reason: string }
  /** The order was sent round again since: it is left to the job of that round. */
  | { kind: 'superseded' }
  /** Nothing was tried, and this worker had better not for a while. */
  | { kind: 'exchange_unavailable' };

/** The job names an order that has no stream: it belongs to another event store, or to none. */
export class NoSuchOrderError extends Error {
  override readonly name = 'NoSuchOrderError';
}

export type WhatTheJobSays = { placed?: PlacedAlone | undefined; round?: number };

// Each round lost means that a rival wrote to the stream in between; more than a few of them have never been seen.
const roundsMax = 8;

/**
 * Of an order that is believed to be `placed` and nothing else, the stream is not read first: the first append shows
 * whether that is so. Rejects with {@link NoSuchOrderError}, an OrderError for a contradiction, or what the event store
 * failed with.
 */
export async function placeOrder(
  deps: PlacementDeps,
  orderId: string,
  { placed, round: ownRound = Number.POSITIVE_INFINITY }: WhatTheJobSays = {},
): Promise<PlacementEnd> {
  // A job that speaks of another order is not believed at all.
  let believed = placed?.data.order_id === orderId ? knownFrom(placed) : undefined;
  for (let round = 0; round < roundsMax; round += 1) {
    const known = believed ?? (await load(deps, orderId));
    believed = undefined;
    // Another job works on the order since it was sent round again, and two would take each other for dead.
    if (known.order.redrives > ownRound) return { kind: 'superseded' };
    const end = await advance(deps, known);
    if (end !== 'look_again') return end;
  }
  return { kind: 'open', reason: 'a rival kept writing to the stream' };
}

/** The order as far as this run knows it: what was loaded, and what the run itself has written since. */
type KnownOrder = {
  order: ExistingOrder;
  revision: bigint;
  origin: Pick<CommandContext, 'correlationId' | 'traceparent'>;
};

function knownFrom({ data, correlation_id: correlationId, traceparent }: PlacedAlone): KnownOrder | undefined {
  const order = evolve(absentOrder, { type: 'OrderPlaced', data });
  return order.status === 'absent' ? undefined : { order, revision: 0n, origin: { correlationId, traceparent } };
}

async function load({ store }: PlacementDeps, orderId: string): Promise<KnownOrder> {
  const { order, revision, history } = await store.load(orderId);
  if (order.status === 'absent' || revision === 'no_stream')
    throw new NoSuchOrderError(`no stream for order ${orderId}`);
  const metadata = history[0]?.metadata;
  const origin = { correlationId: metadata?.$correlationId ?? '', traceparent: metadata?.traceparent };
  return { order, revision, origin };
}

async function advance(deps: PlacementDeps, known: KnownOrder): Promise<PlacementEnd | 'look_again'> {
  const { order } = known;
  if (order.status === 'submitted' || order.status === 'failed') return settled(order.status, 'already');
  if (order.status === 'in_doubt') {
    const evidence = await evidenceFor(deps, order);
    return evidence === null ? settled(order.status, 'already') : record(deps, known, evidence);
  }
  if (order.status === 'submitting' || order.last_unresolved > 0) {
    const clearance = await clearForCall(deps, order);
    if (clearance.kind === 'wait') return { kind: 'open', reason: clearance.reason };
    if (clearance.kind === 'record') return record(deps, known, clearance.command);
  }
  return call(deps, known);
}

async function call(deps: PlacementDeps, known: KnownOrder): Promise<PlacementEnd | 'look_again'> {
  const { exchange, guard, observe, now } = deps;
  const { id: order_id, terms } = known.order;
  let started = known;
  const guarded = await guard(async (probing) => {
    // A probe that finds nobody leaves no trace in the stream: an outage may last for days.
    if (probing && exchange.query !== null) {
      const answer = await exchange.query(order_id);
      observe.onQuery(answer.kind);
      if (answer.kind === 'unknown') return { kind: 'unreachable' };
      if (answer.kind === 'found') return { kind: 'found', evidence: confirmation(deps, order_id, answer) };
    }
    const written = await append(deps, known, { type: 'StartSubmission', data: { order_id, at: now().toISOString() } });
    if (written.kind !== 'stored') return { kind: 'not_called' };
    started = written.known;
    if (isTooLate(started.order, now())) return { kind: 'too_late' };
    const callAt = performance.now();
    const outcome = await exchange.place({ clientOrderId: order_id, terms });
    observe.onAttempt(outcome.kind, (performance.now() - callAt) / 1_000);
    return outcome;
  });
  if (!guarded.called || guarded.outcome.kind === 'unreachable') return { kind: 'exchange_unavailable' };
  const { outcome, duringOutage } = guarded;
  if (outcome.kind === 'not_called') return 'look_again';
  if (outcome.kind === 'found') return record(deps, known, outcome.evidence);
  if (outcome.kind !== 'too_late') return settle(deps, started, outcome, duringOutage);
  // No fault of the order, nor of the exchange: it uses up nothing.
  return settle(deps, started, { kind: 'not_placed', reason: 'the call was not made in time' }, true);
}

// Others may believe by then that no call will come: they count from the time that the attempt states.
const isTooLate = (order: ExistingOrder, now: Date): boolean =>
  order.status !== 'submitting' || now.getTime() - Date.parse(order.started_at) > callWithinMs;

/**
 * Writes down what the exchange said, whatever became of the stream meanwhile: evidence must not be lost to a rival.
 */
async function settle(
  deps: PlacementDeps,
  started: KnownOrder,
  outcome: PlacementOutcome,
  duringOutage: boolean,
): Promise<PlacementEnd> {
  // Nothing is known, so nothing is written: the attempt stays open in the stream, and is asked about next time.
  if (outcome.kind === 'unknown') return { kind: 'open', reason: outcome.reason };
  const command = settlement(deps, started.order, outcome, duringOutage);
  let known = started;
  for (let round = 0; round < roundsMax; round += 1) {
    const end = await record(deps, known, command);
    if (end !== 'look_again') return end;
    known = await load(deps, started.order.id);
    // A rival has gone on since: that this attempt placed nothing no longer tells where the order stands.
    if (outcome.kind !== 'confirmed' && !awaitsOutcome(known.order, started.order.attempts)) {
      return { kind: 'open', reason: outcome.reason };
    }
  }
  throw new Error(`the outcome of a call could not be written to the stream of order ${started.order.id}`);
}

function settlement(
  { exchange, attemptsMax, now }: PlacementDeps,
  { id: order_id, attempts: attempt }: ExistingOrder,
  outcome: Exclude<PlacementOutcome, { kind: 'unknown' }>,
  during_outage: boolean,
): OrderCommand {
  const at = now().toISOString();
  if (outcome.kind === 'confirmed') {
    const { exchangeOrderId: exchange_order_id } = outcome;
    return { type: 'ConfirmSubmission', data: { order_id, exchange_order_id, evidence: 'response', at } };
  }
  const { reason } = outcome;
  const redrive_answers = exchange.query === null;
  if (outcome.kind === 'refused') {
    return { type: 'RefuseOrder', data: { order_id, attempt, reason, redrive_answers, at } };
  }
  const data = { order_id, attempt, reason, during_outage, redrive_answers, attempts_max: attemptsMax, at };
  return { type: 'RecordAttemptFailure', data };
}

async function record(
  deps: PlacementDeps,
  known: KnownOrder,
  command: OrderCommand,
): Promise<PlacementEnd | 'look_again'> {
  const written = await append(deps, known, command);
  if (written.kind === 'conflict') return 'look_again';
  const { status } = written.known.order;
  if (status !== 'placed' && status !== 'submitting')
    return settled(status, written.kind === 'stored' ? 'now' : 'already');
  return { kind: 'open', reason: 'reason' in command.data ? command.data.reason : command.type };
}

type Written = { kind: 'stored'; known: KnownOrder } | { kind: 'fulfilled'; known: KnownOrder } | { kind: 'conflict' };

async function append({ store, newId }: PlacementDeps, known: KnownOrder, command: OrderCommand): Promise<Written> {
  const events = decide(command, known.order);
  if (events.length === 0) return { kind: 'fulfilled', known };
  const context: CommandContext = { ...known.origin, causationId: newId() };
  const { id: orderId } = known.order;
  const result = await store.append({ orderId, expectedRevision: known.revision, events, context });
  if (result.kind === 'conflict') return result;
  const order = events.reduce(evolve, known.order as Order);
  if (order.status === 'absent') throw new Error(`order ${orderId} cannot become absent`);
  return { kind: 'stored', known: { ...known, order, revision: result.revision } };
}

const settled = (status: OrderStatus, was: 'already' | 'now'): PlacementEnd => ({ kind: 'settled', status, was });
