// The life of an order in events, with the least that each needs, for tests that care about something else.
import type { OrderEvent, OrderPlaced } from '@orders/domain/order-types';

const at = '2026-01-02T03:04:05.678Z';

export const orderPlaced = (order_id: string, over: Partial<OrderPlaced['data']> = {}): OrderPlaced => ({
  type: 'OrderPlaced',
  data: {
    order_id,
    account_id: 'default',
    placed_at: at,
    type: 'market',
    side: 'buy',
    instrument: 'DE0007164600',
    limit_price: null,
    quantity: 5,
    ...over,
  },
});

export const submissionStarted = (order_id: string, attempt = 1): OrderEvent => ({
  type: 'SubmissionStarted',
  data: { order_id, attempt, started_at: at },
});

export const submissionAttemptFailed = (order_id: string, attempt = 1): OrderEvent => ({
  type: 'SubmissionAttemptFailed',
  data: { order_id, attempt, reason: 'no connection' },
});

export const orderSubmitted = (order_id: string, submitted_at = at): OrderEvent => ({
  type: 'OrderSubmitted',
  data: { order_id, exchange_order_id: 'x-9', attempts: 1, submitted_at, evidence: 'response' },
});

export const orderFailed = (order_id: string): OrderEvent => ({
  type: 'OrderFailed',
  data: { order_id, code: 'refused_by_exchange', reason: 'halted', attempts: 1, failed_at: at },
});

export const orderInDoubt = (order_id: string): OrderEvent => ({
  type: 'OrderInDoubt',
  data: { order_id, attempt: 1, reason: 'no answer', in_doubt_since: at },
});

export const redriveRequested = (order_id: string): OrderEvent => ({
  type: 'RedriveRequested',
  data: { order_id, by: 'ops', reason: 'venue is back', requested_at: at },
});
