// The event store as whoever starts it by hand meets it: options, figures, and what it says of a folder it cannot use.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { freePort } from '@orders/local-system/free-port';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { freshStream, someEvents } from './running-store.ts';

const generously = { timeout: 30_000 };
const mainFile = join(import.meta.dirname, '../src/main.ts');

let folder: string;
const children = new Set<ChildProcess>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-'));
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

function run(...args: string[]) {
  const command = ['--disable-warning=ExperimentalWarning', mainFile, ...args];
  // A relative folder begins where the command was typed, as pnpm tells it.
  const env = { PATH: '/usr/bin:/bin', INIT_CWD: folder };
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const exited = once(child, 'close').then(([code]) => {
    children.delete(child);
    return code as number | null;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { exited, output: () => output, stop: () => child.kill('SIGTERM') };
}

async function statsOf(port: number): Promise<Record<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/stats`);
  return (await response.json()) as Record<string, number>;
}

it('serves where its options say, and counts what it does', async () => {
  const port = await freePort();
  const { output, stop, exited } = run('--data', 'data', '--port', String(port));
  const before = await vi.waitFor(() => statsOf(port), generously);
  expect(before).toMatchObject({ events: 0, streams: 0, lastPosition: 0, appendsPerSecond: 0, subscriptions: 0 });
  expect(output()).toContain(`"dataFolder":"${join(folder, 'data')}"`);

  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  const stream = freshStream();
  await client.appendToStream(stream, someEvents(2));
  const { position } = await client.appendToStream(freshStream(), someEvents(3));
  const subscription = client.subscribeToStream(stream);
  const figures = { events: 5, streams: 2, subscriptions: 1, lastPosition: Number(position?.commit) };
  await vi.waitFor(async () => expect(await statsOf(port)).toMatchObject(figures), generously);
  const { appendsPerSecond, bytes = 0 } = await statsOf(port);
  expect([0, 0.1, 0.2], 'both, unless ten seconds have passed').toContain(appendsPerSecond);
  expect(bytes).toBeGreaterThan(before.bytes ?? 0);

  await subscription.unsubscribe();
  await vi.waitFor(async () => expect(await statsOf(port)).toMatchObject({ subscriptions: 0 }), generously);
  await client.dispose();
  stop();
  expect(await exited).toBe(0);
});

it('explains itself, and what it does not understand', async () => {
  const [help, unknown] = [run('--help'), run('--prot', '1')];
  expect(await help.exited).toBe(0);
  expect(help.output()).toMatch(/^Usage: event-store \[start\|verify\]/);
  expect(await unknown.exited).toBe(2);
  expect(unknown.output()).toMatch(/^event-store: Unknown option '--prot'.*\(try --help\)\n$/s);
});

it('verifies a log that nobody uses', async () => {
  const port = await freePort();
  const server = run('--data', 'data', '--port', String(port));
  await vi.waitFor(() => statsOf(port), generously);
  const refused = run('verify', '--data', 'data');
  expect(await refused.exited).toBe(1);
  expect(refused.output()).toContain('is in use by another process');
  server.stop();
  await server.exited;
  const verified = run('verify', '--data', 'data');
  expect(await verified.exited).toBe(0);
  expect(verified.output()).toBe('0 events read, no damage found\n');
});

it.each([
  [
    'damaged',
    async () => writeFile(join(folder, 'events.sqlite'), 'not what it was'),
    /is damaged: file is not a database/,
  ],
  ['not to be written to', async () => '/proc/event-store', /\/proc\/event-store cannot be used: ENOENT.*may write to/],
])('ends with one line about a folder that is %s', async (_name, prepare, problem) => {
  const dataFolder = (await prepare()) ?? folder;
  const { exited, output } = run('--data', dataFolder, '--port', String(await freePort()));
  expect(await exited).toBe(1);
  expect(output()).toMatch(problem);
  expect(output()).not.toContain('    at ');
  if (dataFolder === folder) expect(await readFile(join(folder, 'events.sqlite'), 'utf8')).toBe('not what it was');
});
