// A Redis of its own for tests that count: it says itself how often it ran which command, from clients and from inside
// scripts alike, and nobody else adds to the figures.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@orders/local-system/free-port';
import { startProcess } from '@orders/local-system/managed-process';
import { waitUntilReady } from '@orders/local-system/readiness';
import { redisArguments, redisHost } from '@orders/local-system/redis-process';
import { waitForEver } from '@orders/redis/connection-profiles';
import { Redis } from 'ioredis';

/** How often each command ran, by its name in lower case; only those that did. */
export type CommandCalls = Record<string, number>;

export type CountedRedis = {
  /** A new connection, ready, and closed with the server. */
  connect: () => Promise<Redis>;
  /** The commands that ran since the last `reset`, without those that count. */
  calls: () => Promise<CommandCalls>;
  reset: () => Promise<void>;
  /** Connections that wait for something to be written. */
  blockedClients: () => Promise<number>;
  stop: () => Promise<void>;
};

const stopWithinMs = 5_000;

export async function startCountedRedis(): Promise<CountedRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'orders-counted-redis-'));
  const port = await freePort();
  const server = startProcess({
    name: 'redis',
    command: 'redis-server',
    args: redisArguments({ port, folder }),
    env: { PATH: process.env.PATH },
  });
  const readiness = { kind: 'redis', host: redisHost, port } as const;
  await waitUntilReady(server, { readiness, signal: new AbortController().signal });

  const connections: Redis[] = [];
  async function connect(): Promise<Redis> {
    const redis = new Redis(port, redisHost, { ...waitForEver });
    connections.push(redis);
    await redis.ping();
    return redis;
  }
  const observer = await connect();

  return {
    connect,
    reset: async () => {
      await observer.config('RESETSTAT');
    },
    calls: async () => commandCalls(await observer.info('commandstats')),
    blockedClients: async () => Number(/^blocked_clients:(\d+)/m.exec(await observer.info('clients'))?.[1]),
    stop: async () => {
      for (const connection of connections) connection.disconnect();
      await server.stop(stopWithinMs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const countingCommands = ['config|resetstat', 'info'];

function commandCalls(info: string): CommandCalls {
  const lines = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
  const calls = lines.map(([, name = '', count]) => [name, Number(count)] as const);
  return Object.fromEntries(calls.filter(([name]) => !countingCommands.includes(name)));
}
