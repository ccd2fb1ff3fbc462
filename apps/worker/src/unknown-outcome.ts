// What to do about a call whose outcome is not known. Unknown is not failed: first the exchange is asked by client
// order id, and it is called again only where a repeat cannot become a second order.
import { isDoubtful } from '@orders/domain/order';
import type { ExistingOrder, OrderCommand } from '@orders/domain/order-types';
import type { Exchange, QueryOutcome } from '@orders/stock-exchange/exchange';

/** No call is made later than this after its attempt was announced in the stream. */
export const callWithinMs = 5_000;

export type Clearance =
  /** Calling (again) cannot place the order twice, or the policy takes that risk. */
  | { kind: 'cleared' }
  /** What was found out is to be written down first. */
  | { kind: 'record'; command: OrderCommand }
  | { kind: 'wait'; reason: string };

type UnknownOutcomeDeps = {
  exchange: Exchange;
  attemptsMax: number;
  now: () => Date;
  observe: { onQuery: (outcome: QueryOutcome['kind']) => void };
};

export async function clearForCall(deps: UnknownOutcomeDeps, order: ExistingOrder): Promise<Clearance> {
  const { exchange, observe, now } = deps;
  const order_id = order.id;
  const askedAt = now();
  const at = askedAt.toISOString();
  if (exchange.query === null) {
    if (exchange.repeatIsSafe || exchange.unknownPolicy === 'retry') return { kind: 'cleared' };
    // By sending the order round again, an operator has answered for the calls before.
    if (order.status === 'placed' && !isDoubtful(order)) return { kind: 'cleared' };
    const reason = 'the outcome of a call is unknown, and the exchange cannot be asked';
    return { kind: 'record', command: { type: 'ParkOrder', data: { order_id, reason, at } } };
  }
  const answer = await exchange.query(order_id);
  observe.onQuery(answer.kind);
  if (answer.kind === 'unknown') return { kind: 'wait', reason: answer.reason };
  if (answer.kind === 'found') return { kind: 'record', command: confirmation(deps, order_id, answer) };
  return exchange.repeatIsSafe ? { kind: 'cleared' } : afterAbsence(deps, order, askedAt);
}

// A call that is still on its way is not found either: only after the longest processing time does absence prove
// anything. The answer speaks of the moment of the question, or of a later one, and may have taken long.
function afterAbsence({ exchange, attemptsMax }: UnknownOutcomeDeps, order: ExistingOrder, askedAt: Date): Clearance {
  if (order.status !== 'submitting') return { kind: 'cleared' };
  const at = askedAt.toISOString();
  const ageMs = askedAt.getTime() - Date.parse(order.started_at);
  if (ageMs < callWithinMs + exchange.absenceProvenAfterMs)
    return { kind: 'wait', reason: 'a call may still be on its way' };
  const { id: order_id, attempts: attempt } = order;
  const reason = 'the exchange does not have it';
  const knows = { during_outage: false, redrive_answers: false };
  const data = { order_id, attempt, reason, ...knows, attempts_max: attemptsMax, at };
  return { kind: 'record', command: { type: 'RecordAttemptFailure', data } };
}

/** What an exchange that can be asked says about an order in doubt; `null` while that ends no doubt. */
export async function evidenceFor(
  { exchange, observe, now }: UnknownOutcomeDeps,
  { id: order_id, in_doubt_since }: ExistingOrder & { status: 'in_doubt' },
): Promise<OrderCommand | null> {
  if (exchange.query === null) return null;
  const askedAt = now();
  const answer = await exchange.query(order_id);
  observe.onQuery(answer.kind);
  if (answer.kind === 'found') return confirmation({ now }, order_id, answer);
  // No call is begun while an order is in doubt, so the last one is at least as old as the doubt.
  const ageMs = askedAt.getTime() - Date.parse(in_doubt_since);
  if (answer.kind === 'unknown' || ageMs < callWithinMs + exchange.absenceProvenAfterMs) return null;
  return { type: 'RecordAbsence', data: { order_id, at: now().toISOString() } };
}

/** That the exchange has the order, as the exchange itself said when it was asked. */
export const confirmation = (
  { now }: Pick<UnknownOutcomeDeps, 'now'>,
  order_id: string,
  { exchangeOrderId: exchange_order_id }: Extract<QueryOutcome, { kind: 'found' }>,
): OrderCommand => ({
  type: 'ConfirmSubmission',
  data: { order_id, exchange_order_id, evidence: 'query', at: now().toISOString() },
});
