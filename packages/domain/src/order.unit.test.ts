import { describe, expect, it } from 'vitest';
import { given } from './given-when-then.ts';
import { foldOrder, isDoubtful } from './order.ts';
import type { OrderCommand, OrderEvent, OrderTerms } from './order-types.ts';

const order_id = '0191a0c4-7c1e-7000-8000-000000000001';
const at = '2026-01-02T03:04:05.678Z';
const terms: OrderTerms = {
  type: 'limit',
  side: 'buy',
  instrument: 'DE0007164600',
  limit_price: '120.50',
  quantity: 5,
};

const placed: OrderEvent = { type: 'OrderPlaced', data: { order_id, account_id: 'default', placed_at: at, ...terms } };
const started = (attempt: number): OrderEvent => ({
  type: 'SubmissionStarted',
  data: { order_id, attempt, started_at: at },
});
const attemptFailed = (attempt: number): OrderEvent => ({
  type: 'SubmissionAttemptFailed',
  data: { order_id, attempt, reason: 'no connection' },
});
const submitted: OrderEvent = {
  type: 'OrderSubmitted',
  data: { order_id, exchange_order_id: 'x-9', attempts: 1, submitted_at: at, evidence: 'response' },
};
const exhausted: OrderEvent = {
  type: 'OrderFailed',
  data: { order_id, code: 'attempts_exhausted', reason: 'no connection', attempts: 2, failed_at: at },
};
const refused: OrderEvent = {
  type: 'OrderFailed',
  data: { order_id, code: 'refused_by_exchange', reason: 'halted', attempts: 1, failed_at: at },
};
const inDoubt: OrderEvent = {
  type: 'OrderInDoubt',
  data: { order_id, attempt: 1, reason: 'no answer', in_doubt_since: at },
};
const redrive: OrderEvent = {
  type: 'RedriveRequested',
  data: { order_id, by: 'ops', reason: 'venue is back', requested_at: at },
};

const place = (over: Partial<OrderTerms> = {}, account_id = 'default'): OrderCommand => ({
  type: 'PlaceOrder',
  data: { order_id, account_id, terms: { ...terms, ...over }, at },
});
const start: OrderCommand = { type: 'StartSubmission', data: { order_id, at } };
const failAttempt = (attempt: number, attempts_max = 2): OrderCommand => ({
  type: 'RecordAttemptFailure',
  data: { order_id, attempt, reason: 'no connection', during_outage: false, redrive_answers: true, attempts_max, at },
});
const failAttemptInOutage = (attempt: number): OrderCommand => ({
  type: 'RecordAttemptFailure',
  data: { order_id, attempt, reason: 'no connection', during_outage: true, redrive_answers: true, attempts_max: 2, at },
});
const failedInOutage = (attempt: number): OrderEvent => ({
  type: 'SubmissionAttemptFailed',
  data: { order_id, attempt, reason: 'no connection', during_outage: true },
});
const confirm = (exchange_order_id = 'x-9'): OrderCommand => ({
  type: 'ConfirmSubmission',
  data: { order_id, exchange_order_id, evidence: 'response', at },
});
const refuse = (attempt = 1, redrive_answers = true): OrderCommand => ({
  type: 'RefuseOrder',
  data: { order_id, attempt, reason: 'halted', redrive_answers, at },
});
const park: OrderCommand = { type: 'ParkOrder', data: { order_id, reason: 'no answer', at } };
const absence: OrderCommand = { type: 'RecordAbsence', data: { order_id, at } };
const requestRedrive: OrderCommand = {
  type: 'RequestRedrive',
  data: { order_id, by: 'ops', reason: 'venue is back', at },
};

describe('PlaceOrder', () => {
  it('places an order that does not exist yet', () => expect(given().when(place())()).toEqual([placed]));
  it('adds nothing when the same terms are sent again', () => expect(given(placed).when(place())()).toEqual([]));
  it('adds nothing when they are sent again after the order was settled', () =>
    expect(given(placed, started(1), submitted).when(place())()).toEqual([]));
  it('refuses other terms under an id that is taken', () =>
    expect(given(placed).when(place({ quantity: 6 }))).toThrow('order_exists_with_other_terms'));
  it('refuses the same terms of another account', () =>
    expect(given(placed).when(place({}, 'other'))).toThrow('order_exists_with_other_terms'));
});

describe('StartSubmission', () => {
  it('numbers the calls to the exchange', () => {
    expect(given(placed).when(start)()).toEqual([started(1)]);
    expect(given(placed, started(1), attemptFailed(1)).when(start)()).toEqual([started(2)]);
  });
  it('may repeat a call whose outcome is unknown, where the caller knows that to be safe', () =>
    expect(given(placed, started(1)).when(start)()).toEqual([started(2)]));
  it.each([
    ['submitted', [submitted]],
    ['failed', [refused]],
    ['in doubt', [inDoubt]],
  ])('calls nobody for an order that is %s', (_status, end) =>
    expect(given(placed, started(1), ...end).when(start)).toThrow('order_already_settled'),
  );
  it('knows no order that was never placed', () => expect(given().when(start)).toThrow('order_not_found'));
});

describe('RecordAttemptFailure', () => {
  it('keeps the order open while attempts are left', () =>
    expect(given(placed, started(1)).when(failAttempt(1))()).toEqual([attemptFailed(1)]));
  it('fails the order when nothing was placed and the attempts are used up', () =>
    expect(given(placed, started(1), attemptFailed(1), started(2)).when(failAttempt(2))()).toEqual([exhausted]));
  it('doubts the order instead when an earlier call may have placed it', () =>
    expect(given(placed, started(1), started(2)).when(failAttempt(2, 1))()).toEqual([
      { type: 'OrderInDoubt', data: { order_id, attempt: 2, reason: 'no connection', in_doubt_since: at } },
    ]));
  it('uses up no attempt while the exchange is out of order', () => {
    const outage = [1, 2, 3, 4].flatMap((attempt) => [started(attempt), failedInOutage(attempt)]);
    expect(given(placed, ...outage, started(5)).when(failAttemptInOutage(5))()).toEqual([failedInOutage(5)]);
    expect(given(placed, ...outage, started(5)).when(failAttempt(5))()).toEqual([attemptFailed(5)]);
  });
  it('ends the doubt about its attempt when it comes late', () =>
    expect(given(placed, started(1), inDoubt).when(failAttempt(1))()).toEqual([attemptFailed(1)]));
  it('does not end the doubt about an earlier attempt', () =>
    expect(given(placed, started(1), started(2), inDoubt).when(failAttempt(2))).toThrow('submission_not_started'));
  it('is final again once an operator has answered for the call of unknown outcome', () =>
    expect(given(placed, started(1), inDoubt, redrive, started(2)).when(failAttempt(2, 1))()[0]?.type).toBe(
      'OrderFailed',
    ));
  it('counts attempts anew after a redrive', () =>
    expect(
      given(placed, started(1), attemptFailed(1), started(2), exhausted, redrive, started(3)).when(failAttempt(3))(),
    ).toEqual([attemptFailed(3)]));
  it('does not accept the failure of a call that is not the latest', () =>
    expect(given(placed, started(1), started(2)).when(failAttempt(1))).toThrow('submission_not_started'));
});

describe('ConfirmSubmission', () => {
  it('submits the order', () => expect(given(placed, started(1)).when(confirm())()).toEqual([submitted]));
  it('adds nothing when the same answer comes again', () =>
    expect(given(placed, started(1), submitted).when(confirm('x-9'))()).toEqual([]));
  it('exposes a second placement under another reference', () =>
    expect(given(placed, started(1), submitted).when(confirm('x-10'))).toThrow('order_already_settled'));
  it.each([
    ['an order in doubt', [inDoubt]],
    ['an order that was believed to have failed', [attemptFailed(1), exhausted]],
  ])('is evidence that settles %s', (_case, end) =>
    expect(
      given(placed, started(1), ...end)
        .when(confirm())()
        .map(({ type }) => type),
    ).toEqual(['OrderSubmitted']),
  );
});

describe('RefuseOrder', () => {
  it('fails the order', () => expect(given(placed, started(1)).when(refuse())()).toEqual([refused]));
  it('adds nothing to an order that has failed', () =>
    expect(given(placed, started(1), refused).when(refuse())()).toEqual([]));
  it('doubts the order when an earlier call may have placed it', () =>
    expect(given(placed, started(1), started(2)).when(refuse(2))()[0]?.type).toBe('OrderInDoubt'));
  it('leaves the doubt about calls before a redrive to an exchange that can be asked about them', () => {
    const redriven = given(placed, started(1), started(2), inDoubt, redrive, started(3));
    expect(redriven.when(refuse(3, true))()[0]?.type).toBe('OrderFailed');
    expect(redriven.when(refuse(3, false))()[0]?.type).toBe('OrderInDoubt');
  });
  it('says nothing about a call that was begun since', () =>
    expect(given(placed, started(1), started(2)).when(refuse(1))).toThrow('submission_not_started'));
  it('ends the doubt about its attempt when it comes late', () =>
    expect(given(placed, started(1), inDoubt).when(refuse())()).toEqual([refused]));
  it('contradicts an order that was submitted', () =>
    expect(given(placed, started(1), submitted).when(refuse())).toThrow('order_already_settled'));
});

describe('ParkOrder', () => {
  it('puts an order with an open call in doubt', () =>
    expect(given(placed, started(1)).when(park)()).toEqual([inDoubt]));
  it('adds nothing to an order that is in doubt', () =>
    expect(given(placed, started(1), inDoubt).when(park)()).toEqual([]));
  it('does not doubt an order whose calls all ended with a known outcome', () =>
    expect(given(placed, started(1), attemptFailed(1)).when(park)).toThrow('submission_not_started'));
});

describe('RecordAbsence', () => {
  it('ends a doubt: nothing of the order stands at the exchange', () =>
    expect(given(placed, started(1), inDoubt).when(absence)()).toMatchObject([
      { type: 'OrderFailed', data: { code: 'not_at_exchange' } },
    ]));
  it.each([
    ['a call is under way', [started(1)]],
    ['the order was submitted', [started(1), submitted]],
  ])('settles nothing while %s', (_case, history) =>
    expect(given(placed, ...history).when(absence)).toThrow('order_not_in_doubt'),
  );
});

describe('RequestRedrive', () => {
  it.each([
    ['failed', refused],
    ['in doubt', inDoubt],
  ])('opens an order that is %s, and says who wanted it and why', (_status, end) => {
    expect(given(placed, started(1), end).when(requestRedrive)()).toEqual([redrive]);
    expect(foldOrder([placed, started(1), end, redrive])).toMatchObject({ status: 'placed', redrives: 1 });
  });
  it.each([
    ['open', []],
    ['being submitted', [started(1)]],
    ['submitted', [started(1), submitted]],
    ['sent round again already', [started(1), inDoubt, redrive]],
  ])('is refused for an order that is %s', (_status, history) =>
    expect(given(placed, ...history).when(requestRedrive)).toThrow('order_not_redrivable'),
  );
  it('remembers that the exchange may have the order, and that an operator answers for that', () => {
    const order = foldOrder([placed, started(1), inDoubt, redrive]);
    expect(order).toMatchObject({ last_unresolved: 1 });
    expect(order.status !== 'absent' && isDoubtful(order)).toBe(false);
  });
  it('answers for no call that is made afterwards', () =>
    expect(given(placed, started(1), inDoubt, redrive, started(2)).when(park)()[0]?.type).toBe('OrderInDoubt'));
  it('does not touch an order that was submitted', () =>
    expect(foldOrder([placed, started(1), submitted, redrive])).toMatchObject({ status: 'submitted', redrives: 0 }));
});
