import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createReaderTurns } from './reader-turns.ts';

it('admits a few readers in each turn of the event loop, in the order in which they came', async () => {
  const turns = createReaderTurns();
  const admitted: number[] = [];
  for (let reader = 0; reader < 10; reader += 1) void turns().then(() => admitted.push(reader));
  expect(admitted).toEqual([]);
  const perTurn: number[][] = [];
  while (admitted.length < 10) {
    const before = admitted.length;
    await nextTurn();
    perTurn.push(admitted.slice(before));
  }
  expect(perTurn.filter(({ length }) => length > 0)).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9],
  ]);
});
