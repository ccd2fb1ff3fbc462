// A client of the gateway: posts orders as consumers do, and remembers what it was told.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export type OrderBody = {
  type: 'market' | 'limit';
  side: 'buy' | 'sell';
  instrument: string;
  limit_price?: number;
  quantity: number;
};

export type LedgerEntry = { client_order_id: string; exchange_order_id: string; sequence: number };

export const anOrder = (n: number): OrderBody =>
  n % 2 === 0
    ? { type: 'market', side: 'buy', instrument: 'DE0007164600', quantity: 1 + (n % 9) }
    : {
        type: 'limit',
        side: 'sell',
        instrument: 'US0378331005',
        limit_price: 100 + (n % 50) / 4,
        quantity: 1 + (n % 9),
      };

export const post = (api: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${api}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  });

type Load = { api: string; count: number; clients: number; onProgress?: (posted: number) => void };

/**
 * Posts `count` orders and resolves to the ids of those that were answered 201. Every second order carries a key, and
 * is sent again under it until it is answered 201, as a careful client does; the others are sent once.
 */
export async function postOrders({ api, count, clients, onProgress }: Load): Promise<string[]> {
  const acknowledged: string[] = [];
  let next = 0;
  let posted = 0;
  async function client() {
    while (next < count) {
      const n = next++;
      const id = n % 2 === 0 ? await postUntilCreated(api, n) : await postOnce(api, n);
      if (id !== null) acknowledged.push(id);
      onProgress?.(++posted);
      // Spreads the load over some seconds, so that a fault in the middle finds orders at every stage.
      await sleep(50);
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
  return acknowledged;
}

const triesMax = 200;

async function postUntilCreated(api: string, n: number): Promise<string> {
  const key = randomUUID();
  for (let tries = 0; tries < triesMax; tries += 1) {
    const id = await postOnce(api, n, { 'idempotency-key': key });
    if (id !== null) return id;
    await sleep(100);
  }
  throw new Error(`order ${n} was not accepted in ${triesMax} tries`);
}

async function postOnce(api: string, n: number, headers: Record<string, string> = {}): Promise<string | null> {
  // A process that was just killed refuses or resets connections: to a client that is no answer.
  const response = await post(api, anOrder(n), headers).catch(() => null);
  if (response?.status !== 201) {
    await response?.text().catch(() => undefined);
    return null;
  }
  // The status alone is the promise: an answer that is cut off after it still counts, but names no order.
  const body = await response.json().catch(() => null);
  return (body as { id: string } | null)?.id ?? null;
}

export async function getOrder(api: string, id: string): Promise<{ status: string; exchange_order_id: string | null }> {
  const response = await fetch(`${api}/orders/${id}`, { signal: AbortSignal.timeout(15_000) });
  if (!response.ok) throw new Error(`GET /orders/${id} answered ${response.status}`);
  return (await response.json()) as { status: string; exchange_order_id: string | null };
}

/** Those of the orders that are not at their end yet. */
export async function unsettled(api: string, ids: readonly string[]): Promise<string[]> {
  const open: string[] = [];
  for (let start = 0; start < ids.length; start += 50) {
    const some = ids.slice(start, start + 50);
    const orders = await Promise.all(some.map((id) => getOrder(api, id).catch(() => ({ status: 'unknown' }))));
    open.push(...some.filter((_, index) => !['submitted', 'failed'].includes(orders[index]?.status ?? '')));
  }
  return open;
}

export async function readLedger(exchange: string): Promise<LedgerEntry[]> {
  const response = await fetch(`${exchange}/ledger`);
  const text = await response.text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerEntry);
}
