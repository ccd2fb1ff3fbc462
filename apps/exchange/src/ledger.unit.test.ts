import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ExchangeOrder } from '@orders/stock-exchange/exchange';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommitError } from './group-commit.ts';
import { type Ledger, LedgerError, ledgerOver, openLedger } from './ledger.ts';

const terms = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: '120.50', quantity: 5 } as const;
const order = (clientOrderId: string, over = {}): ExchangeOrder => ({ clientOrderId, terms: { ...terms, ...over } });
const orders = (count: number) => Array.from({ length: count }, (_, index) => order(`c-${index}`));

let folder: string;
let ledger: Ledger;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'exchange-ledger-')), 'made', 'on', 'the', 'way');
  ledger = openLedger(folder);
});
afterEach(() => {
  ledger.close();
  rmSync(join(folder, '../../../..'), { recursive: true });
});

describe('record', () => {
  it('keeps the terms as they came, under a reference of its own', async () => {
    const { entry, isNew } = await ledger.record(order('c-1'));
    const exchange_order_id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const accepted_at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(isNew).toBe(true);
    expect(entry).toStrictEqual({ sequence: 1, exchange_order_id, client_order_id: 'c-1', ...terms, accepted_at });
    expect(ledger.find('c-1')).toStrictEqual(entry);
  });

  it('keeps a market order and the greatest quantity', async () => {
    const extremes = { type: 'market', limit_price: null, quantity: Number.MAX_SAFE_INTEGER };
    const { entry } = await ledger.record(order('c-1', extremes));
    expect(entry).toMatchObject(extremes);
  });

  it('gives twins of one turn the same entry, which is new to one of them only', async () => {
    const twins = await Promise.all(Array.from({ length: 50 }, () => ledger.record(order('c-1'))));
    expect(new Set(twins.map(({ entry }) => entry.exchange_order_id)).size).toBe(1);
    expect(twins.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(ledger.size()).toBe(1);
  });

  it('leaves an entry as it is when other terms come under its id', async () => {
    const first = await ledger.record(order('c-1'));
    expect(await ledger.record(order('c-1', { quantity: 6 }))).toEqual({ entry: first.entry, isNew: false });
  });

  it('counts without a gap, repeats in between included, beyond one batch', async () => {
    const sent = orders(2_500).flatMap((each) => [each, each]);
    await Promise.all(sent.map(ledger.record));
    const page = ledger.page({ after: 0, limit: 10_000 });
    expect(page.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 2_500 }, (_, index) => index + 1));
    expect(page.map((entry) => entry.client_order_id)).toEqual(orders(2_500).map((each) => each.clientOrderId));
  });
});

it('pages from a sequence on', async () => {
  await Promise.all(orders(5).map(ledger.record));
  expect(ledger.page({ after: 2, limit: 2 }).map(({ sequence }) => sequence)).toEqual([3, 4]);
  expect(ledger.page({ after: 5, limit: 2 })).toEqual([]);
});

it('commits what is waiting when it is closed, and has it after the next start', async () => {
  const recorded = Promise.all(orders(2_500).map(ledger.record));
  ledger.close();
  const entries = (await recorded).map(({ entry }) => entry);
  ledger = openLedger(folder);
  expect(ledger.page({ after: 0, limit: 10_000 })).toEqual(entries);
});

it('is refused while it is open', () => {
  expect(() => openLedger(folder)).toThrow(LedgerError);
});

it('answers nothing more after a failed write, because disk and memory may differ', async () => {
  const db = new DatabaseSync(join(folder, 'small.sqlite'));
  const small = ledgerOver(db);
  const { entry } = await small.record(order('kept'));
  expect(small.find('kept')).toEqual(entry);
  db.exec('PRAGMA max_page_count = 1');
  const results = await Promise.allSettled(orders(1_000).map(small.record));
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
  expect(() => small.find('kept')).toThrow(CommitError);
  expect(() => small.size()).toThrow(CommitError);
  await expect(small.record(order('late'))).rejects.toThrow(CommitError);
  small.close();
});
