import { describe, expect, it } from 'vitest';
import { backoffMs, OrderStillOpenError, placementJobId, roundOf } from './placement-queue.ts';

const stillOpen = new OrderStillOpenError('no connection');

describe('backoffMs', () => {
  it('grows from half a second to half a minute, and no further', () => {
    const longest = (attempt: number) => backoffMs(attempt, stillOpen, () => 1);
    expect([1, 2, 3, 4].map(longest)).toEqual([500, 1_000, 2_000, 4_000]);
    expect([7, 8, 100, 1_000_000].map(longest)).toEqual([30_000, 30_000, 30_000, 30_000]);
  });

  it('is no longer than five seconds after an interruption on our side', () => {
    const longest = (attempt: number) => backoffMs(attempt, new Error('event store down'), () => 1);
    expect([1, 4, 5, 1_000].map(longest)).toEqual([500, 4_000, 5_000, 5_000]);
  });

  it('is spread over half of its length, so that what failed together does not come back together', () => {
    expect(backoffMs(3, stillOpen, () => 0)).toBe(1_000);
    expect(backoffMs(3, stillOpen, () => 0.999)).toBeCloseTo(2_000, -1);
  });
});

describe('placementJobId', () => {
  // BullMQ refuses colons and all-digit ids.
  it('is one that BullMQ takes, and differs from round to round', () => {
    expect(placementJobId('0191a0c4-7c1e-7000-8000-000000000001', 0)).toMatch(/^place-[0-9a-f-]+-0$/);
    expect(placementJobId('x', 0)).not.toBe(placementJobId('x', 1));
    expect([0, 1, 12].map((round) => roundOf(placementJobId('0191a0c4-7c1e-7000-8000-000000000001', round)))).toEqual([
      0, 1, 12,
    ]);
  });
});
