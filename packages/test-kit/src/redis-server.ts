// Redis servers and Sentinels of one test, each with a folder and a port of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@orders/local-system/free-port';

export type TestRedis = {
  port: number;
  process: ChildProcess;
  stop: () => Promise<void>;
};

/** Each line is one of redis.conf; the port comes first, and is 0 for plain TCP where the lines open one for TLS. */
export async function startRedis(
  lines: (port: number) => readonly string[],
  mode: readonly string[] = [],
): Promise<TestRedis> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'orders-redis-'));
  const file = join(folder, 'redis.conf');
  const settings = ['bind 127.0.0.1', `port ${port}`, `dir ${folder}`, 'save ""', ...lines(port)];
  await writeFile(file, `${settings.join('\n')}\n`);
  const child = spawn('redis-server', [file, ...mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said.slice(-500)}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      if (/Ready to accept connections|Sentinel ID is/.test(said)) resolve();
    });
  });
  return {
    port,
    process: child,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
