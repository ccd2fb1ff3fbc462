// How much of the speed of the HTTP layer is left when every 201 waits for a durable append. Both sides run as
// processes of their own and take turns, so that what else the machine does hits both.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePorts } from '@orders/local-system/free-port';
import { startBenched } from './benched-process.ts';
import { type LoadFigures, postOrders, summarize } from './order-load.ts';

const connections = 64;
const rounds = 5;
const roundSeconds = 4;
const warmUpSeconds = 2;

const apps = resolve(import.meta.dirname, '../..');
const folder = await mkdtemp(join(tmpdir(), 'orders-bench-'));
const [eventStorePort, apiPort, referencePort] = await freePorts(3);
const addressOf = (port: number) => `http://127.0.0.1:${port}`;

const start = (name: string, port: number, args: string[], settings: Record<string, string>) =>
  startBenched({ name, port, args, readiness: 'http', env: { PATH: process.env.PATH, ...settings } });

function report(name: string, all: LoadFigures[]): number {
  const { perSecond, spread, p50Ms, p99Ms } = summarize(all);
  const line = `${perSecond.toFixed(0).padStart(7)} orders/s (${spread}), p50 ${p50Ms} ms, p99 ${p99Ms} ms`;
  process.stdout.write(`${name.padEnd(24)} ${line}\n`);
  return perSecond;
}

const main = (app: string) => join(apps, app, 'src/main.ts');
const processes = [
  await start('event-store', eventStorePort, [main('event-store')], {
    EVENT_STORE_PORT: String(eventStorePort),
    EVENT_STORE_DATA: folder,
  }),
  await start('api', apiPort, [main('api')], {
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(apiPort),
    EVENTSTORE_URL: `esdb://127.0.0.1:${eventStorePort}?tls=false`,
  }),
  await start(
    'reference',
    referencePort,
    [join(import.meta.dirname, 'api-without-persistence.ts'), String(referencePort)],
    {},
  ),
];
const load = (port: number, seconds: number) => postOrders({ api: addressOf(port), seconds, connections });
try {
  for (const port of [apiPort, referencePort]) await load(port, warmUpSeconds);
  const stored: LoadFigures[] = [];
  const reference: LoadFigures[] = [];
  for (let round = 0; round < rounds; round += 1) {
    stored.push(await load(apiPort, roundSeconds));
    reference.push(await load(referencePort, roundSeconds));
  }
  const ratio = report('POST /orders, stored', stored) / report('the same, nothing kept', reference);
  process.stdout.write(`${'ratio'.padEnd(24)} ${ratio.toFixed(2).padStart(7)}\n`);
} finally {
  await Promise.all(processes.map(({ stop }) => stop()));
  await rm(folder, { recursive: true, force: true });
}
