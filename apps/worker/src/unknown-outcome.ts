// What to do about a call whose outcome is not known. Unknown is not failed: first the exchange is asked by client
// order id, and it is called again only where a repeat cannot become a second order.
import type { ExistingOrder, OrderCommand } from '@orders/domain/order-types';
import type { Exchange, QueryOutcome } from '@orders/stock-exchange/exchange';

/**
 * For an exchange that can neither be asked nor recognises repeats: call again and risk two orders, or leave it to a
 * person.
 */
export type UnknownOutcomePolicy = 'retry' | 'park';

export type Clearance =
  /** Calling (again) cannot place the order twice, or the policy takes that risk. */
  | { kind: 'cleared' }
  /** What was found out is to be written down first. */
  | { kind: 'record'; command: OrderCommand }
  | { kind: 'wait'; reason: string };

type UnknownOutcomeDeps = {
  exchange: Exchange;
  policy: UnknownOutcomePolicy;
  attemptsMax: number;
  now: () => Date;
  observe: { onQuery: (outcome: QueryOutcome['kind']) => void };
};

export async function clearForCall(deps: UnknownOutcomeDeps, order: ExistingOrder): Promise<Clearance> {
  const { exchange, policy, observe, now } = deps;
  const order_id = order.id;
  if (exchange.query === null) {
    if (exchange.repeatIsSafe || policy === 'retry') return { kind: 'cleared' };
    const reason = 'the outcome of a call is unknown, and the exchange cannot be asked';
    return { kind: 'record', command: { type: 'ParkOrder', data: { order_id, reason } } };
  }
  const answer = await exchange.query(order_id);
  observe.onQuery(answer.kind);
  if (answer.kind === 'unknown') return { kind: 'wait', reason: answer.reason };
  const at = now().toISOString();
  if (answer.kind === 'found') {
    const data = { order_id, exchange_order_id: answer.exchangeOrderId, evidence: 'query', at } as const;
    return { kind: 'record', command: { type: 'ConfirmSubmission', data } };
  }
  return exchange.repeatIsSafe ? { kind: 'cleared' } : afterAbsence(deps, order, at);
}

// A call that is still on its way is not found either: only after the longest processing time does absence prove
// anything.
function afterAbsence({ exchange, attemptsMax, now }: UnknownOutcomeDeps, order: ExistingOrder, at: string): Clearance {
  if (order.status !== 'submitting') return { kind: 'cleared' };
  const ageMs = now().getTime() - Date.parse(order.started_at);
  if (ageMs < exchange.absenceProvenAfterMs) return { kind: 'wait', reason: 'a call may still be on its way' };
  const { id: order_id, attempts: attempt } = order;
  const data = { order_id, attempt, reason: 'the exchange does not have it', attempts_max: attemptsMax, at };
  return { kind: 'record', command: { type: 'RecordAttemptFailure', data } };
}
