// Whether POST /orders notices what happens behind it: the same load at a steady rate, the whole pipeline at work, on
// an exchange that is well, slow, failing or silent, and without Redis.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateSystemSettings } from '@orders/local-system/private-system';
import { localSystem } from '@orders/local-system/running-system';
import { localUrls, serviceDefinitions } from '@orders/local-system/service-definitions';
import { type LoadFigures, postOrders, summarize } from './order-load.ts';

const ordersPerSecond = 200;
const connections = 16;
const rounds = 3;
const roundSeconds = 5;
const warmUpSeconds = 4;

const folder = await mkdtemp(join(tmpdir(), 'orders-bench-'));
const settings = await privateSystemSettings(folder);
const urls = localUrls(settings);
const system = localSystem({
  definitions: serviceDefinitions(settings),
  env: { PATH: process.env.PATH, LOG_LEVEL: 'warn' },
  shutdownMs: settings.shutdownMs,
  onLine: () => undefined,
  onRestart: ({ name }) => process.stderr.write(`${name} ended unexpectedly\n`),
  onUnusable: ({ name }) => process.stderr.write(`${name} cannot use its settings\n`),
});

async function faults(body: unknown) {
  const headers = { 'content-type': 'application/json' };
  await fetch(`${urls.exchange}/faults`, { method: 'PUT', headers, body: JSON.stringify(body) });
}

type Condition = { name: string; begin: () => unknown; end?: () => unknown };
const conditions: Condition[] = [
  { name: '1 ms, never fails', begin: () => faults({ failure_rate: 0, latency: { kind: 'fixed', ms: 1 } }) },
  { name: '0.5 s, fails one in ten', begin: () => faults({}) },
  { name: '5 s, fails half', begin: () => faults({ failure_rate: 0.5, latency: { kind: 'fixed', ms: 5_000 } }) },
  { name: 'fails always', begin: () => faults({ failure_rate: 1 }) },
  { name: 'never answers', begin: () => faults({ hang: true }) },
  {
    name: 'Redis does not answer',
    begin: () => system.process('redis')?.kill('SIGSTOP'),
    end: () => system.process('redis')?.kill('SIGCONT'),
  },
];

const load = (seconds: number) => postOrders({ api: urls.api, seconds, connections, rate: ordersPerSecond });
const figures = new Map<string, LoadFigures[]>(conditions.map(({ name }) => [name, []]));
try {
  await system.start();
  await load(warmUpSeconds);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, begin, end } of conditions) {
      await begin();
      figures.get(name)?.push(await load(roundSeconds));
      await end?.();
    }
  }
  for (const [name, all] of figures) {
    const { p50Ms, p99Ms } = summarize(all);
    process.stdout.write(
      `${name.padEnd(26)} p50 ${String(p50Ms).padStart(3)} ms   p99 ${String(p99Ms).padStart(3)} ms\n`,
    );
  }
} finally {
  await system.stop();
  await rm(folder, { recursive: true, force: true });
}
