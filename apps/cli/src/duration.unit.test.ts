import { expect, it } from 'vitest';
import { formatDuration } from './duration.ts';

it.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1.00 s'],
  [1_539, '1.53 s'],
  [59_999, '59.99 s'],
  [60_000, '1 min 0 s'],
  [3_599_999, '59 min 59 s'],
  [3_600_000, '1 h 0 min'],
  [172_799_999, '47 h 59 min'],
  [172_800_000, '2 d 0 h'],
  [-1_500, '-1.50 s'],
])('says %d milliseconds in two units at most: %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
