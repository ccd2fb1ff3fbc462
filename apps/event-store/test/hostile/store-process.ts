// An event store as a process of its own, which can be measured, and can die without the test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@orders/local-system/free-port';
import { expect, vi } from 'vitest';
import type { ServerFigures } from './server-figures.ts';

const generously = { timeout: 50_000 };
const nodeFlags = ['--disable-warning=ExperimentalWarning', '--expose-gc'];
const figuresFile = join(import.meta.dirname, 'server-figures.ts');
const mainFile = join(import.meta.dirname, '../../src/main.ts');

/** `wrap` may put a shell in front of the command. */
export async function startStoreProcess(wrap: (command: string[]) => string[] = (command) => command) {
  const dataFolder = await mkdtemp(join(tmpdir(), 'event-store-'));
  const port = await freePort();
  const [program = '', ...args] = wrap([process.execPath, ...nodeFlags, '--import', figuresFile, mainFile]);
  const env = { EVENT_STORE_DATA: dataFolder, EVENT_STORE_PORT: String(port), PATH: '/usr/bin:/bin' };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => (await fetch(`${url}/health/ready`)).status === 204;
  await vi.waitUntil(() => isReady().catch(() => false), generously);

  return {
    port,
    url,
    async figures(): Promise<ServerFigures> {
      child.send('figures');
      const [figures] = (await once(child, 'message')) as [ServerFigures];
      return figures;
    },
    async subscriptions(): Promise<number> {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^event_store_subscriptions (\d+)$/m.exec(metrics)?.[1]);
    },
    /** It has not ended, is ready, and blames itself for nothing. */
    async expectAlive(): Promise<void> {
      expect({ exitCode: child.exitCode, signal: child.signalCode }).toEqual({ exitCode: null, signal: null });
      expect(output).not.toMatch(/"level":"(error|fatal)"|Error:/);
      expect(await isReady()).toBe(true);
    },
    async stop(): Promise<void> {
      if (child.kill('SIGTERM')) await once(child, 'exit');
      await rm(dataFolder, { recursive: true });
    },
  };
}
