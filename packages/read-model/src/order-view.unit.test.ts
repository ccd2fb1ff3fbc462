import { foldOrder } from '@orders/domain/order';
import type { OrderEvent } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import {
  orderFailed,
  orderInDoubt,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionAttemptFailed,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { applyToView, viewOfHistory } from './order-view.ts';

const order_id = '0191a0c4-7c1e-7000-8000-000000000001';
const at = '2026-01-02T03:04:05.678Z';
const placed = orderPlaced(order_id);
const started = submissionStarted(order_id);
const attemptFailed = submissionAttemptFailed(order_id);
const submitted = orderSubmitted(order_id);
const failed = orderFailed(order_id);
const inDoubt = orderInDoubt(order_id);
const redrive = redriveRequested(order_id);

const history = (...events: OrderEvent[]) =>
  events.map((event, revision) => ({ event, revision: BigInt(revision) }) as RecordedOrderEvent);

describe('viewOfHistory', () => {
  it('shows a placed order with everything that is known of it', () =>
    expect(viewOfHistory(history(placed))).toEqual({
      id: order_id,
      account_id: 'default',
      created_at: at,
      type: 'market',
      side: 'buy',
      instrument: 'DE0007164600',
      limit_price: null,
      quantity: 5,
      status: 'placed',
      attempts: 0,
      redrives: 0,
      exchange_order_id: null,
      submitted_at: null,
      failure: null,
      in_doubt_since: null,
      revision: 0,
    }));

  it.each([
    ['a call under way', [placed, started]],
    ['a call that placed nothing', [placed, started, attemptFailed]],
    ['a submitted order', [placed, started, submitted]],
    ['a failed order', [placed, started, failed]],
    ['an order in doubt', [placed, started, inDoubt]],
    ['a redriven order', [placed, started, inDoubt, redrive]],
    ['late evidence', [placed, started, inDoubt, submitted]],
    ['a late answer that nothing was placed', [placed, started, inDoubt, attemptFailed]],
    ['noise after the end', [placed, started, submitted, attemptFailed, failed, redrive, started]],
  ])('agrees with the domain on the status of %s', (_case, events) => {
    const view = viewOfHistory(history(...events));
    expect(view?.status).toBe(foldOrder(events).status);
    expect(view?.revision).toBe(events.length - 1);
  });

  it('shows why an order failed, and forgets it when evidence comes', () => {
    expect(viewOfHistory(history(placed, started, failed))?.failure).toEqual({
      code: 'refused_by_exchange',
      reason: 'halted',
    });
    expect(viewOfHistory(history(placed, started, inDoubt, submitted))?.failure).toBeNull();
  });

  it('shows since when an order is in doubt, as long as it is', () => {
    expect(viewOfHistory(history(placed, started, inDoubt))?.in_doubt_since).toBe(at);
    for (const end of [submitted, failed, attemptFailed, redrive]) {
      expect(viewOfHistory(history(placed, started, inDoubt, end))?.in_doubt_since).toBeNull();
    }
  });

  it('shows nothing for a history without a beginning', () =>
    expect(viewOfHistory(history(started, submitted))).toBeNull());
});

describe('applyToView', () => {
  it('changes nothing when an event is delivered again', () => {
    const view = viewOfHistory(history(placed, started, submitted));
    expect(applyToView(view, started, 1)).toEqual(view);
    expect(applyToView(view, submitted, 2)).toEqual(view);
  });
});
