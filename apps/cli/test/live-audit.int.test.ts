// The real exchange and a real event store, with orders on their way through both while they are audited: whatever
// moment an audit meets, it must find nothing. And the command as a process, as a script would start it.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { freePort } from '@orders/local-system/free-port';
import { type ManagedProcess, startProcess } from '@orders/local-system/managed-process';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import {
  orderFailed,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type AuditOptions, auditOrders, summaryLine } from '../src/audit/audit-orders.ts';
import { acknowledged, ndjson } from './audit-fixture.ts';

const apps = join(import.meta.dirname, '../..');
const flags = '--disable-warning=ExperimentalWarning';

let store: TestEventStore;
let client: EventStoreDBClient;
let exchange: ManagedProcess;
let exchangeUrl: string;
let folder: string;

beforeAll(async () => {
  store = await startTestEventStore();
  client = EventStoreDBClient.connectionString(store.url);
  folder = await mkdtemp(join(tmpdir(), 'orders-cli-'));
  const port = await freePort();
  exchangeUrl = `http://127.0.0.1:${port}`;
  exchange = startProcess({
    name: 'exchange',
    command: process.execPath,
    args: [flags, join(apps, 'exchange/src/main.ts')],
    env: {
      LOG_LEVEL: 'error',
      EXCHANGE_PORT: String(port),
      EXCHANGE_DATA: join(folder, 'exchange'),
      EXCHANGE_LATENCY_MS: '2',
      EXCHANGE_FAILURE_RATE: '0',
    },
  });
  const ready = async () => expect((await fetch(`${exchangeUrl}/health/ready`)).status).toBe(200);
  await vi.waitFor(ready, { timeout: 30_000, interval: 100 });
});
afterAll(async () => {
  await exchange.stop(5_000);
  await client.dispose();
  await store.stop();
  await rm(folder, { recursive: true });
});

const answers: string[] = [];

async function append(id: string, ...events: OrderEvent[]) {
  await client.appendToStream(
    `order-${id}`,
    events.map(({ type, data }) => jsonEvent({ type, data })),
  );
}

/** The way of one order through the gateway, which every third of them goes only after it had failed. */
async function placeOne(turn: number) {
  const id = randomUUID();
  await append(id, orderPlaced(id));
  answers.push(ndjson(acknowledged(id)));
  if (turn % 3 === 0) await append(id, submissionStarted(id), orderFailed(id), redriveRequested(id));
  await append(id, submissionStarted(id));
  const { type, side, instrument, limit_price, quantity } = acknowledged(id);
  const answer = await fetch(`${exchangeUrl}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_order_id: id, type, side, instrument, limit_price, quantity }),
  });
  expect(answer.status).toBe(201);
  const { exchange_order_id } = (await answer.json()) as { exchange_order_id: string };
  const submitted = orderSubmitted(id);
  await append(id, { ...submitted, data: { ...submitted.data, exchange_order_id } } as OrderEvent);
}

/** The ledger, with time before and after it is taken in which the system goes on. */
async function startSlowLedger() {
  const server = createServer(async (_request, response) => {
    await sleep(50);
    const ledger = await (await fetch(`${exchangeUrl}/ledger`)).text();
    await sleep(50);
    response.end(ledger);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}

const audit = (over: Partial<AuditOptions> = {}) =>
  auditOrders({
    client,
    exchangeUrl,
    acknowledged: toldSoFar(),
    patienceMs: 30_000,
    now: () => new Date(),
    ...over,
  });

async function* toldSoFar() {
  yield* answers.slice();
}

it('finds nothing in a system that goes on working, however often it looks', async () => {
  const slowLedger = await startSlowLedger();
  let stopped = false;
  const client = async () => {
    for (let turn = 0; !stopped; turn += 1) await placeOne(turn);
  };
  const clients = Promise.all(Array.from({ length: 12 }, client));
  try {
    let met = 0;
    for (let looks = 0; looks < 8 || met === 0; looks += 1) {
      const report = await audit({ exchangeUrl: slowLedger.url });
      expect(report.findings).toEqual([]);
      expect(report.stored).toBeGreaterThanOrEqual(report.acknowledged);
      met += report.open;
    }
  } finally {
    stopped = true;
    await clients;
    slowLedger.stop();
  }

  const settled = await audit({ settled: true, patienceMs: 0 });
  expect(settled).toMatchObject({ findings: [], open: 0, stored: answers.length, placed: answers.length });
  expect(summaryLine(settled)).toMatch(
    /^(\d+) acknowledged · \1 stored · \1 placed · 0 lost · .* · 0 open · 0 in doubt$/,
  );
});

it('prints one line as a process, ends by itself, and leaves nothing behind', async () => {
  const temporary = await mkdtemp(join(folder, 'tmp-'));
  const run = startProcess({
    name: 'orders',
    command: process.execPath,
    args: [flags, join(apps, 'cli/src/main.ts'), 'audit'],
    env: { EVENTSTORE_URL: store.url, EXCHANGE_URL: exchangeUrl, TMPDIR: temporary, SQLITE_TMPDIR: temporary },
  });
  expect(await run.exited).toEqual({ code: 0, signal: null });
  expect(run.recentLines()).toEqual([expect.stringMatching(/^0 acknowledged · \d+ stored · \d+ placed · 0 lost · /)]);
  expect(await readdir(temporary)).toEqual([]);
});

it('finds what only the exchange can show: an order that was sent past the gateway', async () => {
  const body = { ...acknowledged(''), client_order_id: randomUUID() };
  const { type, side, instrument, limit_price, quantity, client_order_id } = body;
  await fetch(`${exchangeUrl}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_order_id, type, side, instrument, limit_price, quantity }),
  });
  const report = await audit({ patienceMs: 500 });
  expect(report.findings).toMatchObject([{ kind: 'unexplained', id: client_order_id }]);
});
