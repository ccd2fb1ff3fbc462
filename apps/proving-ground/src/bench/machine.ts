// What figures must be read beside: the machine, the versions, and who waits for the disk. Nothing that names a host or
// a folder, because it is committed.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { waitForEver } from '@orders/redis/connection-profiles';
import { openRedis } from '@orders/redis/open-redis';
import { startBenchSystem } from './bench-system.ts';

const root = resolve(import.meta.dirname, '../../../..');

/** Each where a package that depends on it finds it. */
const libraries: Readonly<Record<string, string>> = {
  fastify: 'apps/api',
  bullmq: 'apps/worker',
  ioredis: 'packages/redis',
  '@eventstore/db-client': 'packages/order-store',
};

export type MachineReport = {
  cpu: string;
  cores: number;
  memory_bytes: number;
  kernel: string;
  versions: Record<string, string>;
  /** Of the sources; `+` when something was changed since. */
  commit: string;
  /** Who waits for the disk, and when. */
  durability: Record<string, string>;
};

export async function describeMachine(path: string | undefined): Promise<MachineReport> {
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: root, encoding: 'utf8', env: { PATH: path } }).trim();
  const isChanged = run('git', 'status', '--porcelain', '--untracked-files=no') !== '';
  const packages = Object.entries(libraries).map(([name, folder]) => [name, versionOf(name, folder)]);
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory_bytes: totalmem(),
    kernel: release(),
    versions: {
      node: process.version,
      'redis-server': / v=(\S+)/.exec(run('redis-server', '--version'))?.[1] ?? 'unknown',
      ...Object.fromEntries(packages),
    },
    commit: `${run('git', 'rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`,
    durability: {
      event_store: 'SQLite, WAL, group commit: fdatasync of the WAL before each answer',
      redis: await redisDurability(path),
      exchange_ledger: 'SQLite, WAL, synchronous=FULL: fsync at each commit, before the answer',
    },
  };
}

function versionOf(library: string, folder: string): string {
  const manifest = readFileSync(join(root, folder, 'node_modules', library, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** As a Redis that is started like that of the system says itself. */
async function redisDurability(path: string | undefined): Promise<string> {
  const system = await startBenchSystem({ groups: ['redis'], path });
  const log = { warn: () => undefined };
  const redis = openRedis({ url: system.urls.redis, profile: waitForEver, log, onStop: () => undefined });
  try {
    const ask = async (setting: string) => `${setting}=${((await redis.config('GET', setting)) as string[])[1]}`;
    return (await Promise.all(['appendonly', 'appendfsync', 'save', 'maxmemory-policy'].map(ask))).join(', ');
  } finally {
    redis.disconnect();
    await system.stop();
  }
}
