// What the API does with five times the orders that it can take: it says no to most, at once, and keeps taking nearly
// as many as before. The whole system runs, in processes of its own, on a machine that the load generator shares.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EventStoreDBClient } from '@eventstore/db-client';
import { freePorts } from '@orders/local-system/free-port';
import { privateSystemSettings } from '@orders/local-system/private-system';
import { localSystem } from '@orders/local-system/running-system';
import { localUrls, serviceDefinitions } from '@orders/local-system/service-definitions';
import { median } from './figures.ts';
import { untilNoneIsOpen } from './open-orders.ts';
import type { LoadPhase, LoadSecond } from './overload/load-report.ts';
import { runLoad } from './overload/load-runner.ts';
import { brokenPromises } from './overload/promises.ts';
import { criterionLine, secondLine, secondsHeading } from './overload/report-lines.ts';
import { shedReasons } from './overload/shed-reasons.ts';
import { judgeOverload, sum } from './overload/verdict.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    multiple: { type: 'string', default: '5' },
    'api-processes': { type: 'string', default: '1' },
    connections: { type: 'string', default: '4096' },
    niceness: { type: 'string', default: '0' },
  },
});
const overloadSeconds = Number(values.seconds);
const multiple = Number(values.multiple);
const apiProcesses = Number(values['api-processes']);
const peakConnections = 64;
const peakRounds = 4;
const peakRoundSeconds = 4;
const calmSeconds = 10;
const recoverySeconds = 20;
const settleWithinMs = 120_000;

const write = (line: string) => process.stdout.write(`${line}\n`);
const folder = await mkdtemp(join(tmpdir(), 'orders-bench-'));
const acknowledgedFile = join(folder, 'acknowledged.ndjson');
const base = await privateSystemSettings(folder);
// Neighbouring ports that nobody has, for processes that share one.
const [adminPort] = await freePorts(8);
const settings = { ...base, api: { ...base.api, count: apiProcesses, adminPort: apiProcesses > 1 ? adminPort : 0 } };
const urls = localUrls(settings);
// For tuning: what is to be tried stands in the environment.
const shedding = Object.entries(process.env).filter(([name]) => name.startsWith('API_SHED_'));
const definitions = serviceDefinitions(settings);
let deaths = 0;
const system = localSystem({
  definitions,
  env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...Object.fromEntries(shedding) },
  shutdownMs: settings.shutdownMs,
  onLine: () => undefined,
  onRestart({ name }) {
    deaths += 1;
    write(`${name} ended unexpectedly`);
  },
  onUnusable: ({ name }) => write(`${name} cannot use its settings`),
});

const residentBytes = (name: string): number => {
  const status = readFileSync(`/proc/${system.process(name)?.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
};
const load = (connections: number, phases: LoadPhase[], onSecond?: (second: LoadSecond) => void) =>
  runLoad({
    order: {
      ...{ host: settings.api.host, port: settings.api.port, phases, connections, acknowledgedFile },
      niceness: Number(values.niceness),
    },
    path: process.env.PATH,
    ...(onSecond && { onSecond }),
  });

try {
  await system.start();
  const headers = { 'content-type': 'application/json' };
  const quick = JSON.stringify({ failure_rate: 0, latency: { kind: 'fixed', ms: 1 } });
  await fetch(`${urls.exchange}/faults`, { method: 'PUT', headers, body: quick });

  const closedLoop = { seconds: peakRoundSeconds, ratePerSecond: null };
  await load(peakConnections, [{ name: 'warm-up', ...closedLoop }]);
  // The rest of the pipeline has its work to do after each load: what is measured next is not to pay for that.
  const settle = () => untilNoneIsOpen(urls.api, AbortSignal.timeout(settleWithinMs));
  async function measurePeak(): Promise<number[]> {
    const rounds: number[] = [];
    for (let round = 0; round < peakRounds; round += 1) {
      const seconds = await load(peakConnections, [{ name: 'peak', ...closedLoop }]);
      rounds.push(sum(seconds, 'created') / peakRoundSeconds);
    }
    await settle();
    return rounds;
  }
  await settle();
  const rounds = await measurePeak();
  const peakPerSecond = median(rounds);
  write(
    `${availableParallelism()} cores, ${apiProcesses} API process(es), load generator at niceness ${values.niceness}`,
  );
  write(`peak ${peakPerSecond.toFixed(0)} orders/s (${rounds.map((rate) => rate.toFixed(0)).join(', ')}), closed loop`);

  const memory = new Map(definitions.map(({ name }) => [name, [] as number[]]));
  write(secondsHeading([...memory.keys()]));
  const half = peakPerSecond / 2;
  const phases = [
    { name: 'before', seconds: calmSeconds, ratePerSecond: half },
    { name: 'overload', seconds: overloadSeconds, ratePerSecond: peakPerSecond * multiple },
    { name: 'after', seconds: recoverySeconds, ratePerSecond: half },
  ];
  const seconds = await load(Number(values.connections), phases, (second) => {
    const resident = definitions.map(({ name }) => residentBytes(name));
    if (second.phase === 'overload')
      for (const [index, { name }] of definitions.entries()) memory.get(name)?.push(resident[index] ?? 0);
    write(secondLine(second, resident));
  });

  await settle();
  const peakAfter = await measurePeak();
  write(`peak afterwards ${median(peakAfter).toFixed(0)} orders/s; the higher one of the two counts`);

  const ownPorts = apiProcesses > 1 ? Array.from({ length: apiProcesses }, (_, index) => adminPort + index) : [];
  const metricsUrls =
    ownPorts.length > 0 ? ownPorts.map((port) => `http://127.0.0.1:${port}/metrics`) : [`${urls.api}/metrics`];
  const reasons = [...(await shedReasons(metricsUrls))].map(([reason, count]) => `${reason} ${count}`);
  write(`refused for: ${reasons.join(', ')}`);

  const client = EventStoreDBClient.connectionString(urls.eventStore);
  const broken = await brokenPromises({ acknowledgedFile, client, exchangeUrl: urls.exchange, api: urls.api, write });
  await client.dispose();
  const ofPhase = (name: string) => seconds.filter(({ phase }) => phase === name);
  const criteria = judgeOverload({
    ...{ peakPerSecond, higherPeakPerSecond: Math.max(peakPerSecond, median(peakAfter)) },
    ...{ multiple, deaths, brokenPromises: broken },
    ...{ before: ofPhase('before'), during: ofPhase('overload'), after: ofPhase('after') },
    apiBytes: new Map([...memory].filter(([name]) => name.startsWith('api'))),
  });
  for (const criterion of criteria) write(criterionLine(criterion));
  const missed = criteria.filter(({ isMet }) => !isMet).length;
  write(missed === 0 ? 'OVERLOAD: every criterion is met' : `OVERLOAD: ${missed} criteria MISSED`);
  if (missed > 0) process.exitCode = 1;
} finally {
  await system.stop();
  await rm(folder, { recursive: true, force: true });
}
