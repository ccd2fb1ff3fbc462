import type { OrderEvent } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import {
  orderFailed,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionAttemptFailed,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { tallyWaits } from './order-waits.ts';

const waitsOf = (...steps: [atMs: number, event: OrderEvent][]) => {
  const tally = tallyWaits();
  for (const [atMs, event] of steps) tally.add({ event, recordedAt: new Date(atMs) } as RecordedOrderEvent);
  return tally.waits();
};

describe('tallyWaits', () => {
  it('knows of an order that nobody has taken up that it has waited for nothing yet', () =>
    expect(waitsOf([1_000, orderPlaced('a')])).toEqual({
      until_first_attempt: null,
      in_attempts: 0,
      between_attempts: 0,
      in_all: 0,
    }));

  it('divides all of the time of an order, so that the parts add up', () =>
    expect(
      waitsOf(
        [1_000, orderPlaced('a')],
        [1_010, submissionStarted('a', 1)],
        [1_500, submissionAttemptFailed('a', 1)],
        [2_000, submissionStarted('a', 2)],
        [2_007, orderFailed('a')],
        [62_007, redriveRequested('a')],
        [62_008, submissionStarted('a', 3)],
        [62_508, orderSubmitted('a')],
      ),
    ).toEqual({ until_first_attempt: 10, in_attempts: 997, between_attempts: 60_501, in_all: 61_508 }));

  it('counts a call that was followed by another one as an attempt up to there', () =>
    expect(
      waitsOf([0, orderPlaced('a')], [5, submissionStarted('a', 1)], [65, submissionStarted('a', 2)]),
    ).toMatchObject({ in_attempts: 60, between_attempts: 0 }));
});
