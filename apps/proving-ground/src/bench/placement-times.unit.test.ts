import { expect, it } from 'vitest';
import { delaysMs } from './placement-times.ts';

const answered = new Map([
  ['too early', 99.9],
  ['before its answer', 100],
  ['within', 150.25],
  ['too late', 200],
]);
const period = { fromMs: 100, toMs: 200 };

it('counts the orders that were answered in the period, none as placed before its answer', () => {
  const placed = new Map([...answered].map(([id, atMs]) => [id, id === 'before its answer' ? 90 : atMs + 10]));
  expect(delaysMs(answered, placed, period)).toEqual([0, 10]);
});

it('does not pass over an order that was never placed', () => {
  expect(() => delaysMs(answered, new Map([['before its answer', 101]]), period)).toThrow('within was never placed');
});
