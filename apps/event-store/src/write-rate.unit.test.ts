import { expect, it } from 'vitest';
import { createWriteRate } from './write-rate.ts';

it('is the mean of the last ten seconds', () => {
  let now = 5_000;
  const rate = createWriteRate(() => now);
  rate.count(30);
  now += 9_000;
  rate.count(20);
  expect(rate.perSecond()).toBe(5);
  now += 1_000;
  expect(rate.perSecond()).toBe(2);
  now += 60_000;
  expect(rate.perSecond()).toBe(0);
});
