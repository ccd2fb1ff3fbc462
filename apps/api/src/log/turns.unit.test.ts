import { expect, it } from 'vitest';
import { takeTurns } from './turns.ts';

it('has no more works under way than it may, and lets them in as they came', async () => {
  const turn = takeTurns(2);
  const works = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const done = works.map(({ promise }, index) =>
    turn(async () => {
      begun.push(index);
      await promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  works[1]?.reject(new Error('a failure makes room as well'));
  await expect(done[1]).rejects.toThrow('makes room');
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of works) resolve();
  await Promise.allSettled(done);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});
