// The views of a fold wait in memory before they are written to disk: wherever one is, it is the last that was saved.
import type { OrderView } from '@orders/read-model/order-view';
import { expect, it, onTestFinished } from 'vitest';
import { openFoldTables } from '../src/verify/fold-tables.ts';

const view = (n: number, revision = 0): OrderView =>
  ({ id: `order-${n}`, account_id: `a-${n % 2}`, instrument: `i-${n % 3}`, revision }) as OrderView;
const position = { commit: 1n, prepare: 1n };

it('hands over every view as it was saved last, in pages, and tells how many belong where', async () => {
  const tables = openFoldTables({ unwrittenMax: 4 });
  onTestFinished(tables.close);
  const { load, save } = tables.views;
  for (let revision = 0; revision < 3; revision += 1) {
    for (let n = 9; n >= revision; n -= 1) {
      const before = (await load([`order-${n}`])).get(`order-${n}`) ?? null;
      expect(before?.revision ?? -1).toBe(revision - 1);
      await save([{ id: `order-${n}`, before, after: view(n, revision) }], position);
    }
  }
  const expected = tables.expected(position);
  const pages = await Array.fromAsync(expected.pages());
  expect(pages.flat()).toEqual(Array.from({ length: 10 }, (_, n) => view(n, Math.min(n, 2))));
  expect(await expected.orders()).toBe(10);
  expect(await expected.sizes(['account:a-0', 'account:a-1', 'instrument:i-0', 'instrument:x', 'other'])).toEqual([
    5, 5, 4, 0, 0,
  ]);
  expect([...(await expected.find(['order-3', 'unknown'])).keys()]).toEqual(['order-3']);
});
