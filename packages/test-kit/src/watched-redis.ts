// A Redis with a replica and three Sentinels that would put the replica in its place, all with passwords.
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startRedis, type TestRedis } from './redis-server.ts';

export type WatchedRedis = {
  master: TestRedis;
  replica: TestRedis;
  /** As `REDIS_URL` names it. */
  url: string;
  password: string;
  sentinelPassword: string;
  stop: () => Promise<void>;
};

const password = 'master-pass';
const sentinelPassword = 'sentinel-pass';
const sentinelCount = 3;
const quorum = 2;
const agreedWithinMs = 60_000;
const run = promisify(execFile);

/** Ready when all Sentinels know of each other and of the replica. */
export async function startWatchedRedis(): Promise<WatchedRedis> {
  const servers: TestRedis[] = [];
  const started = async (...options: Parameters<typeof startRedis>) => {
    const server = await startRedis(...options);
    servers.push(server);
    return server;
  };
  const stop = async () => {
    for (const server of servers.toReversed()) await server.stop();
  };
  try {
    const secured = [
      ...[`requirepass ${password}`, `masterauth ${password}`],
      ...['repl-diskless-sync-delay 0', 'maxmemory-policy noeviction'],
    ];
    const master = await started(() => secured);
    const replica = await started(() => [...secured, `replicaof 127.0.0.1 ${master.port}`]);
    const watch = [
      `requirepass ${sentinelPassword}`,
      `sentinel sentinel-pass ${sentinelPassword}`,
      `sentinel monitor orders 127.0.0.1 ${master.port} ${quorum}`,
      `sentinel auth-pass orders ${password}`,
      'sentinel down-after-milliseconds orders 1000',
      'sentinel failover-timeout orders 5000',
    ];
    const ports: number[] = [];
    for (let count = 0; count < sentinelCount; count += 1)
      ports.push((await started(() => watch, ['--sentinel'])).port);
    for (const port of ports) await agreed(port);
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
    const url = `redis+sentinel://:${password}@${hosts}/orders?sentinelPassword=${sentinelPassword}`;
    return { master, replica, url, password, sentinelPassword, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function agreed(port: number): Promise<void> {
  const end = performance.now() + agreedWithinMs;
  const env = { PATH: process.env.PATH, REDISCLI_AUTH: sentinelPassword };
  for (;;) {
    const { stdout } = await run('redis-cli', ['-p', String(port), 'SENTINEL', 'MASTER', 'orders'], { env });
    if (/^num-slaves\n1$/m.test(stdout) && /^num-other-sentinels\n2$/m.test(stdout)) return;
    if (performance.now() > end) throw new Error(`the Sentinel at ${port} still knows only this: ${stdout}`);
    await sleep(100);
  }
}
