// What the other tests in containers stand on: servers that come back at their address with what they had, and nothing
// that is left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { getContainerRuntimeClient } from 'testcontainers';
import { expect, it, onTestFinished } from 'vitest';
import { startEventStoreContainer } from '../src/containers/event-store.ts';
import { providedContainers } from '../src/containers/provided.ts';
import { startRedisContainer } from '../src/containers/redis.ts';
import { removeStaleContainers, runLabel } from '../src/containers/runs.ts';
import { containerTails } from '../src/containers/tails.ts';
import { startTestEventStore } from '../src/event-store.ts';

// An exit code of 137 would mean that it had to be killed; 143 is SIGTERM itself.
const endsByItself = [0, 143];

const generous = { timeout: 60_000, interval: 200 };

function containers() {
  const provided = providedContainers();
  if (provided === undefined) throw new Error('this is a test of the project containers');
  return provided;
}

async function containersOf(run: string): Promise<string[]> {
  const { container } = await getContainerRuntimeClient();
  const filters = { label: [`${runLabel}=${run}`] };
  return (await container.dockerode.listContainers({ all: true, filters })).map(({ Id }) => Id);
}

/** What Redis answers to a command in its inline form. */
async function ask({ host, port }: { host: string; port: number }, command: string): Promise<string> {
  const socket = connect({ host, port });
  socket.write(`${command}\r\n`);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}

it('a server that is stopped or killed comes back at its address, with what it has acknowledged', async () => {
  const { run, redisImage } = containers();
  const redis = await startRedisContainer({ run, image: redisImage });
  onTestFinished(redis.remove);
  for (const [key, end] of [['a', redis.stop] as const, ['b', redis.kill] as const]) {
    expect(await ask(redis, `SET ${key} kept`)).toBe('+OK\r\n');
    // Redis writes its log to the disk once a second; to the kernel, which survives it, at once.
    await end();
    await expect(ask(redis, 'PING')).rejects.toThrow('ECONNREFUSED');
    await redis.start();
    expect(await ask(redis, `GET ${key}`)).toBe('$4\r\nkept\r\n');
  }
  expect(await ask(redis, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
});

it('an event store ends by itself when it is asked to, and what it says last can be read', async () => {
  const { run, eventStoreImage } = containers();
  const store = await startEventStoreContainer({ run, image: eventStoreImage });
  onTestFinished(store.remove);
  expect(endsByItself).toContain(await store.stop());
  const tails = await containerTails();
  expect(tails.find((tail) => tail.startsWith(`container ${store.id.slice(0, 12)}:\n    `))).toBeDefined();
});

it('an event store of a test is at the port that it was asked for, as soon as the last one has left it', async () => {
  const first = await startTestEventStore();
  await first.stop();
  const second = await startTestEventStore(first.port);
  onTestFinished(second.stop);
  expect(second.url).toBe(first.url);
});

it('containers are removed once the process of their run has ended, and those of others are not', async () => {
  const { redisImage: image, run } = containers();
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(ended, 'exit');
  const stale = `${hostname()}/${ended.pid}/1`;
  const elsewhere = `another-${hostname()}/${ended.pid}/1`;
  const others = await startRedisContainer({ run: elsewhere, image });
  onTestFinished(others.remove);
  await startRedisContainer({ run: stale, image });

  await removeStaleContainers(await getContainerRuntimeClient());
  expect(await containersOf(stale)).toEqual([]);
  expect(await containersOf(elsewhere)).toEqual([others.id]);
  // The Redis of all tests.
  expect(await containersOf(run)).not.toEqual([]);
});

it('containers are removed when the process of their run is killed', async () => {
  const { redisImage: image } = containers();
  const run = `${hostname()}/${process.pid}/watched`;
  const watcher = spawn(process.execPath, [join(import.meta.dirname, '../src/containers/watch.ts'), run], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const exited = once(watcher, 'exit');
  const { remove } = await startRedisContainer({ run, image });
  onTestFinished(remove);
  expect(await containersOf(run)).toHaveLength(1);
  // The kernel closes the pipe of a process that ends, in whatever way.
  watcher.stdin.destroy();
  await expect.poll(() => containersOf(run), generous).toEqual([]);
  expect(await exited).toEqual([0, null]);
});
