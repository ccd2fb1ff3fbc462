// How much of the speed of the HTTP layer is left when every 201 waits for a durable append. Both sides run as processes of
// their own and take turns, so that what else the machine does hits both.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startProcess } from '@orders/local-system/managed-process';
import { waitUntilReady } from '@orders/local-system/readiness';
import { freePorts } from '@orders/test-kit/free-port';
import autocannon from 'autocannon';

const connections = 64;
const rounds = 5;
const roundSeconds = 4;
const warmUpSeconds = 2;

const apps = resolve(import.meta.dirname, '../..');
const folder = await mkdtemp(join(tmpdir(), 'orders-bench-'));
const [eventStorePort, apiPort, referencePort] = await freePorts(3);
const order = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: 120.5, quantity: 5 };

const start = async (name: string, port: number, args: string[], settings: Record<string, string>) => {
  const process_ = startProcess({
    name,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', ...args],
    env: { PATH: process.env.PATH, ...settings },
  });
  const url = `http://127.0.0.1:${port}/health/ready`;
  await waitUntilReady(process_, { readiness: { kind: 'http', url }, signal: new AbortController().signal });
  return process_;
};

const load = async (port: number, duration: number) => {
  const { requests, latency, non2xx, errors } = await autocannon({
    url: `http://127.0.0.1:${port}/orders`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
    connections,
    duration,
  });
  if (non2xx + errors > 0) throw new Error(`${non2xx} answers other than 2xx, ${errors} errors`);
  return { rate: requests.average, p50: latency.p50, p99: latency.p99 };
};

type Round = Awaited<ReturnType<typeof load>>;

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function report(name: string, all: Round[]) {
  const rates = all.map(({ rate }) => rate);
  const spread = `${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)}`;
  const [p50, p99] = [median(all.map((round) => round.p50)), median(all.map((round) => round.p99))];
  const line = `${median(rates).toFixed(0).padStart(7)} orders/s (${spread}), p50 ${p50} ms, p99 ${p99} ms`;
  process.stdout.write(`${name.padEnd(24)} ${line}\n`);
  return median(rates);
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
try {
  for (const port of [apiPort, referencePort]) await load(port, warmUpSeconds);
  const stored: Round[] = [];
  const reference: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    stored.push(await load(apiPort, roundSeconds));
    reference.push(await load(referencePort, roundSeconds));
  }
  const ratio = report('POST /orders, stored', stored) / report('the same, nothing kept', reference);
  process.stdout.write(`${'ratio'.padEnd(24)} ${ratio.toFixed(2).padStart(7)}\n`);
} finally {
  await Promise.all(processes.map(({ stop }) => stop(5_000)));
  await rm(folder, { recursive: true, force: true });
}
