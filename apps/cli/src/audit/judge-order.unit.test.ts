import type { OrderEvent } from '@orders/domain/order-types';
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
import { judgeOrder, type OrderEvidence, type Placement } from './judge-order.ts';
import { noFacts, type StreamFacts, withEvent, withUnreadable } from './stream-facts.ts';

const id = 'o-1';
const recordedAt = new Date('2026-01-02T03:04:05.678Z');

const stream = (...events: OrderEvent[]): StreamFacts =>
  events.reduce<StreamFacts>((facts, event, index) => {
    const metadata = { $correlationId: '', $causationId: '', schema_version: 1 };
    const position = { commit: 0n, prepare: 0n };
    return withEvent(facts, { event, id: '', orderId: id, revision: BigInt(index), position, recordedAt, metadata });
  }, noFacts);

const terms = {
  type: 'market',
  side: 'buy',
  instrument: 'DE0007164600',
  limit_price: null,
  quantity: 5,
} as const;
const placedAs = (exchange_order_id: string, over: Partial<Placement['terms']> = {}): Placement => ({
  exchange_order_id,
  terms: { ...terms, ...over },
});
const evidence = (over: Partial<OrderEvidence>): OrderEvidence => ({
  id,
  stream: null,
  acknowledged: [],
  entries: over.placements?.length ?? 0,
  placements: [],
  ...over,
});
const judged = (over: Partial<OrderEvidence>) => {
  const { findings, isSuspect } = judgeOrder(evidence(over));
  expect(findings.every((finding) => finding.id === id)).toBe(true);
  return {
    kinds: findings.map(({ kind }) => kind),
    reasons: findings.map(({ reason }) => reason).join(' '),
    isSuspect,
  };
};

const [placed, started, submitted] = [orderPlaced(id), submissionStarted(id), orderSubmitted(id)];
const failed = [placed, started, orderFailed(id)] as const;

describe('an order with nothing to object to', () => {
  it.each<[string, OrderEvent[], Placement[]]>([
    ['was just placed', [placed], []],
    ['is being submitted', [placed, started], []],
    ['stands at the exchange before its stream says so', [placed, started], [placedAs('x-9')]],
    [
      'stands at the exchange though the last attempt failed',
      [placed, started, submissionAttemptFailed(id)],
      [placedAs('x-9')],
    ],
    ['stands where its stream says', [placed, started, submitted], [placedAs('x-9')]],
    ['failed', [...failed], []],
    ['is in doubt and absent', [placed, started, orderInDoubt(id)], []],
    ['is in doubt and stands', [placed, started, orderInDoubt(id)], [placedAs('x-9')]],
    ['was sent round again', [...failed, redriveRequested(id), started, submitted], [placedAs('x-9')]],
  ])('%s', (_what, events, placements) => {
    const verdict = judged({ stream: stream(...events), acknowledged: [terms], placements });
    expect(verdict).toEqual({ kinds: [], reasons: '', isSuspect: false });
  });

  it('was confirmed twice under one reference', () =>
    expect(judged({ stream: stream(placed, submitted, submitted), placements: [placedAs('x-9')] }).kinds).toEqual([]));

  it('was acknowledged in other words than it is stored, as far as those go', () =>
    expect(judged({ stream: stream(placed), acknowledged: [{}, { side: 'buy' }, terms] }).kinds).toEqual([]));
});

describe('an order is lost', () => {
  it('when its client was told of it, and it has no stream', () =>
    expect(judged({ acknowledged: [terms] })).toMatchObject({ kinds: ['lost'], isSuspect: false }));

  it('when its stream says submitted, and the ledger does not have it', () =>
    expect(judged({ stream: stream(placed, started, submitted) })).toMatchObject({
      kinds: ['lost'],
      isSuspect: false,
    }));
});

describe('an order is duplicated', () => {
  it('when the ledger has it more than once', () => {
    const verdict = judged({ stream: stream(placed, submitted), placements: [placedAs('x-9'), placedAs('x-10')] });
    expect(verdict.kinds).toEqual(['duplicated']);
    expect(verdict.reasons).toContain('2 times in the ledger: as x-9 and x-10');
  });

  it('when its stream was confirmed under two references', () => {
    const other = orderSubmitted(id);
    const again = { ...other, data: { ...other.data, exchange_order_id: 'x-10' } } as OrderEvent;
    const verdict = judged({ stream: stream(placed, submitted, again), placements: [placedAs('x-9')] });
    expect(verdict.kinds).toEqual(['duplicated']);
    expect(verdict.reasons).toContain('x-9 and x-10');
  });

  it('when the ledger has it under another reference than the stream', () => {
    const verdict = judged({ stream: stream(placed, submitted), placements: [placedAs('x-10')] });
    expect(verdict).toMatchObject({ kinds: ['duplicated'], isSuspect: false });
  });
});

describe('an order is unexplained', () => {
  it('when it stands in the ledger without a stream, which may have been written since', () =>
    expect(judged({ placements: [placedAs('x-9')] })).toMatchObject({ kinds: ['unexplained'], isSuspect: true }));

  it('when it stands in the ledger, and its stream says that it failed', () => {
    const verdict = judged({ stream: stream(...failed), placements: [placedAs('x-9')] });
    expect(verdict).toMatchObject({ kinds: ['unexplained'], isSuspect: true });
    expect(verdict.reasons).toContain('failed (refused_by_exchange), that is: not placed');
  });

  it.each<[string, Partial<OrderEvidence>]>([
    ['told', { acknowledged: [{ ...terms, quantity: 6 }] }],
    ['told by one of two answers', { acknowledged: [terms, { ...terms, quantity: 6 }] }],
    ['placed', { placements: [placedAs('x-9', { quantity: 6 })] }],
  ])('when other terms are stored than were %s', (_where, over) => {
    const verdict = judged({ stream: stream(placed, started), ...over });
    expect(verdict.kinds).toEqual(['unexplained']);
    expect(verdict.reasons).toContain('quantity 5 is stored, 6 is there');
  });

  it('when its stream does not begin with its placement', () =>
    expect(judged({ stream: stream(started, placed) }).kinds).toEqual(['unexplained']));

  it('when its stream tells of another order', () =>
    expect(judged({ stream: stream(orderPlaced('o-2')) }).reasons).toContain('another order: o-2'));

  it('when its stream holds an event of a later version', () => {
    const facts = withUnreadable(stream(placed), { orderId: id, revision: 1n, type: 'OrderTeleported' });
    expect(judged({ stream: facts }).reasons).toContain('OrderTeleported at revision 1');
  });
});

it('names every violation of an order that has several', () =>
  expect(judged({ acknowledged: [terms], placements: [placedAs('x-9'), placedAs('x-10')] }).kinds).toEqual([
    'lost',
    'unexplained',
    'duplicated',
  ]));
