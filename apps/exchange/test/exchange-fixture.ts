// An exchange of its own for each test: a fresh ledger folder, a free port, no delay and no random failure.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcceptedOrder, OrderRequest } from '@orders/stock-exchange/exchange-protocol';
import { createLogger } from '@orders/telemetry/logger';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { type LedgerEntry, openLedger } from '../src/ledger.ts';
import { buildExchangeServer } from '../src/server.ts';

export type TestExchange = Awaited<ReturnType<typeof startExchange>>;

export async function startExchange({ random = Math.random } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'exchange-'));
  const ledger = openLedger(folder);
  const app = await buildExchangeServer({
    ledger,
    startUpFaults: { failure_rate: 0, latency_ms: 0 },
    registry: new Registry(),
    log: createLogger('exchange', 'silent'),
    isStopping: () => false,
    random,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    app,
    ledger,
    url,
    ...callsTo(url),
    stop: async () => {
      await app.close();
      ledger.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The calls of a client that looks at each answer itself. */
export function callsTo(url: string) {
  const send = (method: 'POST' | 'PUT', path: string, document: unknown, init: RequestInit = {}) =>
    fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(document),
      ...init,
    });
  return {
    post: (order: unknown, init?: RequestInit) => send('POST', '/orders', order, init),
    get: (path: string, init?: RequestInit) => fetch(url + path, init),
    setFaults: (faults: unknown) => send('PUT', '/faults', faults),
    metricsShow: async (line: string) => {
      const metrics = async () => (await (await fetch(`${url}/metrics`)).text()).split('\n');
      await expect.poll(metrics, { timeout: 30_000 }).toContain(line);
    },
    readLedger: async (): Promise<LedgerEntry[]> => {
      const lines = (await (await fetch(`${url}/ledger`)).text()).split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
    },
  };
}

export const orderIn = async (answer: Response) => (await answer.json()) as AcceptedOrder;

export const limitOrder = (over: Partial<OrderRequest> = {}): OrderRequest => ({
  client_order_id: randomUUID(),
  type: 'limit',
  side: 'buy',
  instrument: 'DE0007164600',
  limit_price: '120.50',
  quantity: 5,
  ...over,
});

export const problem = (status: number, code: string) => ({
  type: 'about:blank',
  title: expect.any(String),
  status,
  code,
  detail: expect.any(String),
});
