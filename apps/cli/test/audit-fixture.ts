// An event store, and a ledger that says what a test wants it to say, for audits through the command line.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { startTestEventStore } from '@orders/test-kit/event-store';
import { orders } from './command-line.ts';

export type LedgerAnswer = { status?: number; text?: string; tornAfter?: number };

export async function startAuditFixture() {
  const store = await startTestEventStore();
  const client = EventStoreDBClient.connectionString(store.url);
  const ledger = await startLedger();
  return {
    store,
    client,
    ledger,
    append: (orderId: string, ...events: OrderEvent[]) =>
      client.appendToStream(
        `order-${orderId}`,
        events.map(({ type, data }) => jsonEvent({ type, data })),
      ),
    audit: (args: readonly string[] = [], input = '') =>
      orders(['audit', '--eventstore', store.url, '--exchange', ledger.url, ...args], { input }),
    stop: async () => {
      await client.dispose();
      await ledger.stop();
      await store.stop();
    },
  };
}

async function startLedger() {
  let answer = async (): Promise<LedgerAnswer> => ({ text: '' });
  const server = createServer(async (_request, response) => {
    const { status = 200, text = '', tornAfter } = await answer();
    response.writeHead(status, { 'content-type': 'application/x-ndjson' });
    if (tornAfter === undefined) response.end(text);
    else response.write(text.slice(0, tornAfter), () => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: (next: () => Promise<LedgerAnswer>) => {
      answer = next;
    },
    holds: (...entries: object[]) => {
      answer = async () => ({ text: ndjson(...entries) });
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export const ndjson = (...documents: object[]): string => documents.map((one) => `${JSON.stringify(one)}\n`).join('');

export const ledgerEntry = (client_order_id: string, over: object = {}) => ({
  sequence: 1,
  exchange_order_id: 'x-9',
  client_order_id,
  type: 'market',
  side: 'buy',
  instrument: 'DE0007164600',
  limit_price: null,
  quantity: 5,
  accepted_at: '2026-01-02T03:04:05.678Z',
  ...over,
});

export const acknowledged = (id: string, over: object = {}) => ({
  id,
  created_at: '2026-01-02T03:04:05.678Z',
  type: 'market',
  side: 'buy',
  instrument: 'DE0007164600',
  limit_price: null,
  quantity: 5,
  status: 'placed',
  ...over,
});
