import type { OrderEvent } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import {
  submissionAttemptFailed as attemptFailed,
  orderInDoubt as inDoubt,
  orderPlaced as placed,
  redriveRequested as redrive,
  submissionStarted as started,
  orderSubmitted as submitted,
} from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { foldBatch } from './fold-batch.ts';

const at = '2026-01-02T03:04:05.678Z';
const recorded = (orderId: string, revision: number, event: OrderEvent) =>
  ({ orderId, revision: BigInt(revision), event, metadata: { $correlationId: 'request-1' } }) as RecordedOrderEvent;
const none = new Map();

describe('foldBatch', () => {
  it('opens what was placed and is still open at the end of the batch', () => {
    const { opened, changed } = foldBatch(none, [
      recorded('a', 0, placed('a')),
      recorded('b', 0, placed('b')),
      recorded('b', 1, started('b')),
      recorded('c', 0, placed('c')),
      recorded('c', 1, submitted('c')),
    ]);
    expect(opened.map(({ orderId }) => orderId)).toEqual(['a', 'b']);
    expect(changed.map(({ id, status }) => `${id} ${status}`)).toEqual(['a placed', 'b submitting', 'c submitted']);
  });

  it('passes on what the stream holds only of an order that nobody has worked on', () => {
    const { opened } = foldBatch(none, [
      recorded('a', 0, placed('a')),
      recorded('b', 0, placed('b')),
      recorded('b', 1, started('b')),
    ]);
    expect(opened).toEqual([
      { orderId: 'a', redrives: 0, placed: { data: placed('a').data, correlation_id: 'request-1' } },
      { orderId: 'b', redrives: 0 },
    ]);
  });

  it('opens a redriven order under a new round', () => {
    const { changed: before } = foldBatch(none, [recorded('a', 0, placed('a')), recorded('a', 1, inDoubt('a'))]);
    const known = new Map(before.map((view) => [view.id, view]));
    expect(foldBatch(known, [recorded('a', 2, redrive('a'))]).opened).toEqual([{ orderId: 'a', redrives: 1 }]);
  });

  it('opens an order in doubt when a late answer ends the doubt', () => {
    const before = [recorded('a', 0, placed('a')), recorded('a', 1, started('a')), recorded('a', 2, inDoubt('a'))];
    const known = new Map(foldBatch(none, before).changed.map((view) => [view.id, view]));
    expect(foldBatch(known, [recorded('a', 3, attemptFailed('a'))]).opened).toEqual([{ orderId: 'a', redrives: 0 }]);
  });

  it('does nothing with a batch that was delivered before', () => {
    const batch = [recorded('a', 0, placed('a')), recorded('a', 1, submitted('a'))];
    const known = new Map(foldBatch(none, batch).changed.map((view) => [view.id, view]));
    expect(foldBatch(known, batch)).toEqual({ changed: [], opened: [], submitted: [], anomalies: [] });
  });

  it('reports how long a submission took, once', () => {
    const batch = [recorded('a', 0, placed('a')), recorded('a', 1, submitted('a'))];
    expect(foldBatch(none, batch).submitted).toEqual([{ placedAt: at, submittedAt: at }]);
  });

  it('points out a stream without beginning, and one with a hole', () => {
    const { anomalies } = foldBatch(none, [
      recorded('a', 3, started('a')),
      recorded('b', 0, placed('b')),
      recorded('b', 2, submitted('b')),
    ]);
    expect(anomalies.map(({ orderId, revision }) => `${orderId}@${revision}`)).toEqual(['a@3', 'b@2']);
  });
});
