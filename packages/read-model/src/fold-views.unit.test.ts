import type { OrderEvent } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { orderPlaced, orderSubmitted, submissionStarted } from '@orders/test-kit/order-events';
import { expect, it } from 'vitest';
import { foldViews } from './fold-views.ts';
import { viewOfHistory } from './order-view.ts';

const recorded = (orderId: string, revision: number, event: OrderEvent) =>
  ({ orderId, revision: BigInt(revision), event }) as RecordedOrderEvent;
const history = [
  recorded('a', 0, orderPlaced('a')),
  recorded('b', 0, orderPlaced('b')),
  recorded('a', 1, submissionStarted('a')),
  recorded('a', 2, orderSubmitted('a')),
];

it('makes the same views of a log, wherever it is cut into batches', () => {
  for (let cut = 0; cut <= history.length; cut += 1) {
    const first = foldViews(new Map(), history.slice(0, cut));
    const known = new Map(first.changed.map((view) => [view.id, view]));
    for (const view of foldViews(known, history.slice(cut)).changed) known.set(view.id, view);
    expect(known.get('a')).toEqual(viewOfHistory(history.filter(({ orderId }) => orderId === 'a')));
    expect(known.get('b')).toEqual(viewOfHistory(history.filter(({ orderId }) => orderId === 'b')));
  }
});

it('tells of each event that changed a view, with the view before and after it', () => {
  const told: string[] = [];
  foldViews(new Map(), [...history, ...history], ({ orderId }, before, after) =>
    told.push(`${orderId} ${before?.status ?? 'none'} ${after.status}`),
  );
  expect(told).toEqual(['a none placed', 'b none placed', 'a placed submitting', 'a submitting submitted']);
});

it('points out a stream without beginning, and one with a hole', () => {
  const { changed, anomalies } = foldViews(new Map(), [
    recorded('a', 3, submissionStarted('a')),
    recorded('b', 0, orderPlaced('b')),
    recorded('b', 2, orderSubmitted('b')),
  ]);
  expect(anomalies.map(({ orderId, revision }) => `${orderId}@${revision}`)).toEqual(['a@3', 'b@2']);
  expect(changed.map(({ id, status }) => `${id} ${status}`)).toEqual(['b submitted']);
});
