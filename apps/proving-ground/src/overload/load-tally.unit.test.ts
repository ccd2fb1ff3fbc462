import { expect, it } from 'vitest';
import { loadTally } from './load-tally.ts';

function tallied(options?: { reportsEachLatency: boolean }) {
  const tally = loadTally('any', options);
  tally.answered({ status: 201, orderId: 'o-1', isComplete: true }, 12.3456);
  tally.answered({ status: 503, orderId: null, isComplete: true }, 1);
  tally.answered({ status: 201, orderId: 'o-2', isComplete: true }, 2);
  tally.answered({ status: 500, orderId: null, isComplete: true }, 3);
  return tally.report();
}

it('reports the latency of every 201, and of nothing else, when asked to', () => {
  expect(tallied({ reportsEachLatency: true }).createdMs).toEqual([12.35, 2]);
});

it('reports shares alone when not asked', () => {
  expect(tallied()).toMatchObject({ created: 2, shed: 1, others: { 500: 1 } });
  expect(tallied()).not.toHaveProperty('createdMs');
});
