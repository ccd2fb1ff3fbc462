import { expect, it } from 'vitest';
import { formatAge } from './age.ts';

it.each([
  [-1, '0 s'],
  [0.9, '0 s'],
  [12.7, '12 s'],
  [119, '119 s'],
  [120, '2 min'],
  [7_199, '119 min'],
  [7_200, '2 h'],
  [172_800, '2 d'],
])('says %d seconds in the largest unit of which there are two: %s', (seconds, text) =>
  expect(formatAge(seconds)).toBe(text),
);
