// What must be true once all is over: each acknowledged order has its end, and stands at the exchange once.
import { expect } from 'vitest';
import { getOrder, readLedger, unsettled } from './order-client.ts';
import type { RunningSystem } from './running-system.ts';

type Urls = RunningSystem['urls'];

/** Waits until every order has come to its end. Generous: what a busy machine delays is not lost. */
export async function expectSettled({ api }: Pick<Urls, 'api'>, ids: readonly string[]): Promise<void> {
  await expect.poll(() => unsettled(api, ids), { timeout: 120_000, interval: 500 }).toEqual([]);
}

/** One entry in the ledger for each of the orders, and none for an order that the gateway does not know. */
export async function expectPlacedOnce({ api, exchange }: Pick<Urls, 'api' | 'exchange'>, ids: readonly string[]) {
  const ledger = await readLedger(exchange);
  const entries = new Map(ledger.map((entry) => [entry.client_order_id, entry]));
  expect(entries.size, 'orders in the ledger, of as many entries').toBe(ledger.length);
  for (const id of ids) {
    const order = await getOrder(api, id);
    expect(order).toMatchObject({ status: 'submitted', exchange_order_id: entries.get(id)?.exchange_order_id });
  }
  // An order whose answer was lost may well have been stored; but nothing may be placed that was not.
  const acknowledged = new Set(ids);
  const others = [...entries.keys()].filter((id) => !acknowledged.has(id)).slice(-50);
  for (const id of others) expect(await getOrder(api, id)).toBeDefined();
}
