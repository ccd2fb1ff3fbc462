import { expect, it } from 'vitest';
import { createRecentIds } from './recent-ids.ts';

it('finds an id only in the stream that wrote it first', () => {
  const ids = createRecentIds();
  ids.stage('a', 'x', 0);
  ids.stage('b', 'x', 7);
  ids.keep();
  expect(ids.numberOf('a', 'x')).toBe(0);
  expect(ids.numberOf('b', 'x')).toBeUndefined();
});

it('finds what the same transaction staged', () => {
  const ids = createRecentIds();
  ids.stage('a', 'x', 3);
  expect(ids.numberOf('a', 'x')).toBe(3);
});

it('forgets what a failed transaction staged', () => {
  const ids = createRecentIds();
  ids.stage('a', 'x', 3);
  ids.drop();
  ids.keep();
  expect(ids.numberOf('a', 'x')).toBeUndefined();
});

it('forgets the oldest ids beyond its bound', () => {
  const ids = createRecentIds(2);
  for (const [number, id] of ['x', 'y', 'z'].entries()) {
    ids.stage('a', id, number);
    ids.keep();
  }
  expect(ids.numberOf('a', 'x')).toBeUndefined();
  expect(ids.numberOf('a', 'y')).toBe(1);
  expect(ids.numberOf('a', 'z')).toBe(2);
});
