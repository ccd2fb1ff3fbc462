// The guarantees that only a real process can break: SIGKILL at any instant, two processes on one folder, SIGTERM.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@orders/local-system/free-port';
import type { AcceptedOrder } from '@orders/stock-exchange/exchange-protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { callsTo, limitOrder, orderIn } from './exchange-fixture.ts';

const main = join(import.meta.dirname, '../src/main.ts');
const children: ChildProcess[] = [];
let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'exchange-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => end(child, 'SIGKILL')));
  await rm(data, { recursive: true });
});

function spawnExchange(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...env, LOG_LEVEL: 'error', EXCHANGE_DATA: data, EXCHANGE_FAILURE_RATE: '0' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child;
}

async function startProcess(latencyMs: number) {
  const port = await freePort();
  const child = spawnExchange({ EXCHANGE_PORT: String(port), EXCHANGE_LATENCY_MS: String(latencyMs) });
  const calls = callsTo(`http://127.0.0.1:${port}`);
  const isReady = async () => (await calls.get('/health/ready').catch(() => null))?.status;
  await expect.poll(isReady, { timeout: 30_000 }).toBe(200);
  return { child, ...calls };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
  child.kill(signal);
  await exited;
  return child.exitCode;
}

it('loses nothing that it answered when it is killed', async () => {
  const first = await startProcess(5);
  const answered: AcceptedOrder[] = [];
  const sent: string[] = [];
  const client = async () => {
    for (;;) {
      const order = limitOrder();
      sent.push(order.client_order_id);
      const answer = await first
        .post(order)
        .then(orderIn)
        .catch(() => null);
      if (answer === null) return;
      answered.push(answer);
    }
  };
  const clients = Array.from({ length: 20 }, client);
  await expect.poll(() => answered.length, { timeout: 30_000 }).toBeGreaterThan(200);
  await end(first.child, 'SIGKILL');
  await Promise.all(clients);

  const second = await startProcess(5);
  const ledger = await second.readLedger();
  const byId = new Map(ledger.map(({ sequence: _, ...entry }) => [entry.client_order_id, entry]));
  for (const answer of answered) expect(byId.get(answer.client_order_id)).toEqual(answer);
  expect(sent).toEqual(expect.arrayContaining([...byId.keys()]));
  expect(ledger.map(({ sequence }) => sequence)).toEqual(ledger.map((_, index) => index + 1));
  expect((await second.post(limitOrder())).status).toBe(201);
});

it('does not open the folder of another exchange', async () => {
  const { post } = await startProcess(0);
  await post(limitOrder());
  const rival = spawnExchange({ EXCHANGE_PORT: '0' });
  await once(rival, 'exit');
  expect(rival.exitCode).toBe(1);
  expect((await post(limitOrder())).status).toBe(201);
});

it('answers what is under way before it ends, and drops what hangs', async () => {
  const { child, post, metricsShow, setFaults } = await startProcess(2_000);
  const placed = post(limitOrder());
  await metricsShow('exchange_orders_in_flight 1');
  await setFaults({ hang: true });
  const hung = post(limitOrder()).catch((error: Error) => error);
  await metricsShow('exchange_orders_answered_total{outcome="hang"} 1');
  expect(await end(child, 'SIGTERM')).toBe(0);
  expect((await placed).status).toBe(201);
  expect(await hung).toBeInstanceOf(TypeError);
});
