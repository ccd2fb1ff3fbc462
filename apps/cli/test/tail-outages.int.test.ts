// The event store is killed and started again, and the network is cut, while orders keep coming and the log is followed
// through all of it: what `orders tail` has written in the end has to be the log.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { freePort } from '@orders/local-system/free-port';
import { type ManagedProcess, startProcess } from '@orders/local-system/managed-process';
import { openTcpLink, type TcpLink } from '@orders/local-system/tcp-link';
import { connectEventStore, type EventStoreConnection } from '@orders/order-store/event-store-connection';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import { orderPlaced, orderSubmitted, submissionStarted } from '@orders/test-kit/order-events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { orders } from './command-line.ts';
import { jsonLines, orderEventsIn } from './order-log.ts';
import { type OrdersProcess, startOrders } from './orders-process.ts';

const main = join(import.meta.dirname, '../../event-store/src/main.ts');
const context = { correlationId: 'c-1', causationId: 'c-2' };
const patient = { timeout: 40_000, interval: 50 };

let folder: string;
let port: number;
let link: TcpLink;
let linkPort: number;
let server: ManagedProcess;
let connection: EventStoreConnection;
let followers: OrdersProcess[];

beforeEach(async () => {
  followers = [];
  folder = await mkdtemp(join(tmpdir(), 'orders-tail-'));
  [port, linkPort] = [await freePort(), await freePort()];
  link = await openTcpLink({ port: linkPort, targetPort: port });
  server = startServer();
  connection = connectEventStore({
    createClient: () => EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`),
    onReplaced: () => undefined,
  });
  await isReady();
});
afterEach(async () => {
  for (const { child } of followers) child.kill('SIGKILL');
  await connection.close().catch(() => undefined);
  await server.stop(5_000);
  await link.close();
  await rm(folder, { recursive: true });
});

const startServer = () =>
  startProcess({
    name: 'event store',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', main],
    env: { LOG_LEVEL: 'error', EVENT_STORE_PORT: String(port), EVENT_STORE_DATA: folder },
  });

const isReady = () =>
  vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/health/live`)).ok).toBe(true), patient);

async function killServer() {
  server.kill('SIGKILL');
  await server.exited;
}

function follow(...args: string[]): OrdersProcess {
  const env = { EVENTSTORE_URL: `esdb://127.0.0.1:${linkPort}?tls=false` };
  const follower = startOrders(['tail', ...args], env);
  followers.push(follower);
  return follower;
}

/** Places orders, three events each, until told to stop. */
function placeOrders() {
  const store = eventStoreOrderStore({ connection, limits: { tryTimeoutMs: 1_000, budgetMs: 60_000 } });
  const stopping = new AbortController();
  let placed = 0;
  const placeOne = async () => {
    const orderId = randomUUID();
    for (const [index, event] of [orderPlaced, submissionStarted, orderSubmitted].entries()) {
      const expectedRevision = index === 0 ? 'no_stream' : BigInt(index - 1);
      await store.append({ orderId, expectedRevision, events: [event(orderId)], context });
    }
    placed += 1;
  };
  const lane = async () => {
    while (!stopping.signal.aborted) await placeOne();
  };
  const lanes = Promise.all(Array.from({ length: 4 }, lane));
  return {
    /** Waits until this many more are placed. */
    more: async (count: number) => {
      const goal = placed + count;
      await vi.waitFor(() => expect(placed).toBeGreaterThanOrEqual(goal), patient);
    },
    stop: async () => {
      stopping.abort();
      await lanes;
    },
  };
}

it('misses nothing and repeats nothing while the event store comes and goes', async () => {
  const placing = placeOrders();
  await placing.more(20);
  const all = follow('--json', '--from', 'start');
  const submitted = follow('--json', '--from', 'start', '--status', 'submitted');
  for (const { output } of [all, submitted]) await vi.waitFor(() => expect(output()).not.toBe(''), patient);
  for (let turn = 0; turn < 3; turn += 1) {
    await placing.more(20);
    link.become({ kind: 'cut' });
    await placing.more(20);
    link.become({ kind: 'whole' });
    await placing.more(20);
    await killServer();
    server = startServer();
  }
  await placing.more(20);
  await placing.stop();
  const recorded = await orderEventsIn(connection.client());
  const ends = [
    [all, jsonLines(recorded)],
    [submitted, jsonLines(recorded.filter(({ event }) => event.type === 'OrderSubmitted'))],
  ] as const;
  for (const [follower, expected] of ends) {
    await vi.waitFor(() => expect(follower.output()).toHaveLength(expected.length), patient);
    follower.child.kill('SIGINT');
    expect(await follower.ended).toEqual({ code: 0, signal: null });
    expect(follower.output()).toBe(expected);
    const said = follower.errors().trim().split('\n');
    expect(said.length).toBeGreaterThanOrEqual(2);
    expect(said.every((line) => /^orders: the event store is (away, trying again: .+|back, .+)$/.test(line))).toBe(
      true,
    );
  }
});

it('does not follow another log that has taken the place of the one it began with', async () => {
  const placing = placeOrders();
  await placing.more(5);
  const follower = follow('--json', '--from', 'start');
  await vi.waitFor(() => expect(follower.output()).not.toBe(''), patient);
  await placing.stop();
  await killServer();
  await rm(folder, { recursive: true });
  server = startServer();
  expect(await follower.ended).toEqual({ code: 69, signal: null });
  expect(follower.errors()).toMatch(/the event store that was read so far .* has no event at position \d+ any more\n$/);
});

it('gives up in one line where it was to come to an end', async () => {
  const placing = placeOrders();
  await placing.more(400);
  await placing.stop();
  link.become({ kind: 'slow', delayMs: 50 });
  let shown = '';
  const reading = orders(['tail', '--no-follow', '--json'], {
    env: { EVENTSTORE_URL: `esdb://127.0.0.1:${linkPort}?tls=false` },
    onOutput: (text) => {
      shown += text;
      link.become({ kind: 'cut' });
    },
  });
  const { code, errors } = await reading;
  expect(code).toBe(69);
  expect(errors).toMatch(/^orders: the event store cannot be reached: .+\n$/);
  const whole = jsonLines(await orderEventsIn(connection.client()));
  expect(shown.endsWith('\n') && whole.startsWith(shown)).toBe(true);
});

it('can be interrupted while it waits for an event store that says nothing', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const silentPort = typeof address === 'object' && address !== null ? address.port : 0;
  const waiting = startOrders(['tail'], { EVENTSTORE_URL: `esdb://127.0.0.1:${silentPort}?tls=false` });
  followers.push(waiting);
  const [socket] = await once(silent, 'connection');
  waiting.child.kill('SIGINT');
  expect(await waiting.ended).toEqual({ code: 0, signal: null });
  socket.destroy();
  silent.close();
});

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'leaves only whole lines behind when it is ended by %s',
  async (signal) => {
    const placing = placeOrders();
    await placing.more(100);
    const follower = follow('--json', '--from', 'start');
    await vi.waitFor(() => expect(follower.output()).not.toBe(''), patient);
    // A reader that stops reading: the pipe between them fills up.
    follower.child.stdout?.pause();
    await placing.more(200);
    await placing.stop();
    follower.child.kill(signal);
    follower.child.stdout?.resume();
    const { code } = await follower.ended;
    expect(code).toBe(signal === 'SIGKILL' ? null : 0);
    const whole = jsonLines(await orderEventsIn(connection.client()));
    expect(follower.output()).toMatch(/\n$|^$/);
    expect(whole.startsWith(follower.output())).toBe(true);
  },
);
