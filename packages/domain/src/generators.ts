// Arbitrary events and commands of one order, for property tests.
import fc from 'fast-check';
import type { OrderCommand, OrderEvent } from './order-types.ts';

export { fc };

const order_id = 'order-1';
const at = '2026-01-02T03:04:05.678Z';
const attempt = fc.integer({ min: 1, max: 4 });
const reason = fc.constantFrom('no connection', 'halted');
const reference = fc.constantFrom('x-1', 'x-2');
const terms = fc.record({
  type: fc.constant('market' as const),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  instrument: fc.constant('DE0007164600'),
  limit_price: fc.constant(null),
  quantity: fc.integer({ min: 1, max: 2 }),
});

export const anyEvent: fc.Arbitrary<OrderEvent> = fc.oneof(
  terms.map((t) => ({ type: 'OrderPlaced' as const, data: { order_id, account_id: 'a', placed_at: at, ...t } })),
  attempt.map((n) => ({ type: 'SubmissionStarted' as const, data: { order_id, attempt: n, started_at: at } })),
  fc
    .tuple(attempt, reason)
    .map(([n, why]) => ({ type: 'SubmissionAttemptFailed' as const, data: { order_id, attempt: n, reason: why } })),
  fc.tuple(attempt, reference).map(([attempts, exchange_order_id]) => ({
    type: 'OrderSubmitted' as const,
    data: { order_id, exchange_order_id, attempts, submitted_at: at, evidence: 'response' as const },
  })),
  fc.tuple(attempt, reason).map(([attempts, why]) => ({
    type: 'OrderFailed' as const,
    data: { order_id, code: 'attempts_exhausted' as const, reason: why, attempts, failed_at: at },
  })),
  fc.tuple(attempt, reason).map(([n, why]) => ({
    type: 'OrderInDoubt' as const,
    data: { order_id, attempt: n, reason: why, in_doubt_since: at },
  })),
  reason.map((why) => ({
    type: 'RedriveRequested' as const,
    data: { order_id, by: 'ops', reason: why, requested_at: at },
  })),
);

export const anyCommand: fc.Arbitrary<OrderCommand> = fc.oneof(
  terms.map((t) => ({ type: 'PlaceOrder' as const, data: { order_id, account_id: 'a', terms: t, at } })),
  fc.constant({ type: 'StartSubmission' as const, data: { order_id, at } }),
  fc.tuple(attempt, reason, fc.boolean(), fc.boolean()).map(([n, why, during_outage, redrive_answers]) => ({
    type: 'RecordAttemptFailure' as const,
    data: { order_id, attempt: n, reason: why, during_outage, redrive_answers, attempts_max: 2, at },
  })),
  reference.map((exchange_order_id) => ({
    type: 'ConfirmSubmission' as const,
    data: { order_id, exchange_order_id, evidence: 'query' as const, at },
  })),
  fc.tuple(attempt, reason, fc.boolean()).map(([n, why, redrive_answers]) => ({
    type: 'RefuseOrder' as const,
    data: { order_id, attempt: n, reason: why, redrive_answers, at },
  })),
  reason.map((why) => ({ type: 'ParkOrder' as const, data: { order_id, reason: why, at } })),
  fc.constant({ type: 'RecordAbsence' as const, data: { order_id, at } }),
  reason.map((why) => ({ type: 'RequestRedrive' as const, data: { order_id, by: 'ops', reason: why, at } })),
);

/** Begins with a placement, as every stream does. */
export const commandSequence: fc.Arbitrary<OrderCommand[]> = fc.array(anyCommand, { maxLength: 20 }).map((rest) => [
  {
    type: 'PlaceOrder',
    data: {
      order_id,
      account_id: 'a',
      terms: { type: 'market', side: 'buy', instrument: 'DE0007164600', limit_price: null, quantity: 1 },
      at,
    },
  },
  ...rest,
]);
