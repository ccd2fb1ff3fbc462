// What was answered stays: over a restart, over a disk that takes no more. That it stays over SIGKILL at any moment is
// proved by apps/proving-ground.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AppendToStreamOptions, EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { freePort } from '@orders/local-system/free-port';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { appendModes, freshStream, readEvents, someEvents, startRunningStore } from './running-store.ts';

const generously = { timeout: 30_000 };

let dataFolder: string;
let port: number;
const children = new Set<ChildProcess>();
const clients: EventStoreDBClient[] = [];

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'event-store-'));
  port = await freePort();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
  await Promise.all([...children].map(kill));
  await rm(dataFolder, { recursive: true });
});

async function kill(child: ChildProcess): Promise<void> {
  if (!child.kill('SIGKILL')) return;
  await once(child, 'exit');
}

const mainFile = join(import.meta.dirname, '../src/main.ts');

/** Starts the event store as a process of its own; `wrap` may put a shell in front of it. */
function spawnEventStore(wrap: (command: string[]) => string[] = (command) => command) {
  const [program = '', ...args] = wrap([process.execPath, '--disable-warning=ExperimentalWarning', mainFile]);
  const env = { EVENT_STORE_DATA: dataFolder, EVENT_STORE_PORT: String(port), PATH: '/usr/bin:/bin' };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).status === 204;
  return {
    child,
    output: () => output,
    isReady,
    ready: () => vi.waitUntil(() => isReady().catch(() => false), generously),
  };
}

function connect(): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  clients.push(client);
  return client;
}

it('finds everything again, at the same positions', async () => {
  const running = await startRunningStore();
  const stream = freshStream();
  const events = someEvents(3);
  const first = await running.client.appendToStream(stream, events, { expectedRevision: NO_STREAM });
  const before = await readEvents(running.client, stream);
  await running.halt();
  await running.resume();
  const after = await vi.waitFor(() => readEvents(running.client, stream), generously);
  expect(after).toEqual(before);
  const append = () => running.client.appendToStream(stream, events, { expectedRevision: NO_STREAM });
  expect(await vi.waitFor(append, generously)).toEqual(first);
  const next = await running.client.appendToStream(stream, someEvents(1), { expectedRevision: 2n });
  expect(next.position?.commit).toBeGreaterThan(first.position?.commit ?? 0n);
  await running.stop();
});

it('leaves its folder to one process at a time', async () => {
  const first = spawnEventStore();
  await first.ready();
  port = await freePort();
  const second = spawnEventStore();
  const [code] = await once(second.child, 'exit');
  expect(code).toBe(1);
  expect(second.output()).toContain(`"msg":"${dataFolder} is in use by another process. Stop that process, or choose`);
});

it('says where it is open and what it holds, and stops on SIGTERM', async () => {
  const { child, output, ready } = spawnEventStore();
  await ready();
  await connect().appendToStream(freshStream(), someEvents(3));
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(output()).toContain(`"address":"127.0.0.1:${port}","dataFolder":"${dataFolder}","events":0`);
  expect(output()).not.toContain('ExperimentalWarning');
  const again = spawnEventStore();
  await again.ready();
  expect(again.output()).toContain('"events":3');
});

it('refuses appends while the disk takes no more, and has kept every one that it answered', async () => {
  const fileBlocksMax = 1_024;
  // A shell limits how far any file of the store may grow, which to the store is a full disk.
  const limited = spawnEventStore((command) => ['sh', '-c', `ulimit -f ${fileBlocksMax}; exec "$@"`, 'sh', ...command]);
  await limited.ready();
  const client = connect();
  const stream = freshStream();
  const text = 'x'.repeat(50_000);
  const append = (options: AppendToStreamOptions) =>
    client.appendToStream(stream, jsonEvent({ type: 'Large', data: { text } }), options);
  let answered = 0;
  const appendsMax = 100;
  const fill = async () => {
    for (; answered < appendsMax; answered += 1) await append({});
  };
  await expect(fill()).rejects.toThrow();
  expect(answered).toBeGreaterThan(0);
  for (const { options } of appendModes) await expect(append(options)).rejects.toThrow();
  expect(await limited.isReady()).toBe(false);
  expect(await readEvents(client, stream)).toHaveLength(answered);

  await kill(limited.child);
  await spawnEventStore().ready();
  const readAgain = () => readEvents(client, stream);
  expect(await vi.waitFor(readAgain, generously)).toHaveLength(answered);
  expect(await vi.waitFor(() => append({}), generously)).toMatchObject({ success: true });
});
