// What accepting an order costs beyond storing it: POST /orders beside the bare appends of the same client on the same
// event store, and beside the same route that stores nothing. All take turns, 64 at a time.
import { availableParallelism } from 'node:os';
import { summaryLine } from '@orders/cli/audit/audit-orders';
import { freePorts } from '@orders/local-system/free-port';
import type { BenchedProcess } from '../benched-process.ts';
import { median } from '../figures.ts';
import { startBenchSystem } from './bench-system.ts';
import { atLeast, atMost } from './goals.ts';
import { type LoadEnd, postOrders } from './order-load.ts';
import { loadGeneratorUsage } from './process-usage.ts';
import { startReference } from './reference-process.ts';
import { ratioByRound, roundTally } from './round.ts';
import { askForRound } from './round-service.ts';
import type { BenchOptions, Measurement, Scenario, ScenarioReport } from './scenario.ts';

const connections = 64;
// One for each core, as in production.
const apis = availableParallelism();
const roundSecondsAtFullScale = 4;
const roundSecondsMin = 0.5;
const warmUpOrders = 4_000;
const warmUpSeconds = 2;
const ratioWanted = 0.7;
const p99MsWanted = 60;

export const accept: Scenario = {
  key: 'accept',
  title: `Accepting: POST /orders over ${connections} connections`,
  rounds: 5,
  run,
};

async function run({ rounds, scale, path, profileFolder, write }: BenchOptions): Promise<ScenarioReport> {
  const [rawPort, barePort] = await freePorts(2);
  const roundSeconds = Math.max(roundSecondsMin, roundSecondsAtFullScale * scale);
  const groups = ['event-store', 'exchange', 'api'] as const;
  const system = await startBenchSystem({ groups, apis, path, profileFolder });
  const references: BenchedProcess[] = [];
  try {
    const rawArgs = { port: rawPort, args: [system.urls.eventStore], path };
    const raw = await startReference({ script: 'bench/raw-appends.ts', ...rawArgs });
    references.push(raw);
    const bare = await startReference({ script: 'api-without-persistence.ts', port: barePort, path });
    references.push(bare);

    const { acknowledgedFile, urls } = system;
    const post = (until: LoadEnd) => postOrders({ api: urls.api, connections, until, acknowledgedFile });
    const append = (seconds: number) => askForRound(rawPort, { milliseconds: 1_000 * seconds, inFlight: connections });
    const bareApi = `http://127.0.0.1:${barePort}`;
    const postToBare = (until: LoadEnd) => postOrders({ api: bareApi, connections, until, acknowledgedFile: null });

    const storeUsage = () => [...system.usage()].filter(([name]) => name === 'event-store');
    const ours = roundTally({
      ...{ name: 'POST /orders', unit: 'orders/s' },
      usage: () => new Map([...system.usage(), ...loadGeneratorUsage()]),
    });
    const appends = roundTally({
      ...{ name: 'bare appendToStream', unit: 'orders/s' },
      usage: () => new Map([...storeUsage(), ['appending client', raw.usage()]]),
    });
    const withoutStore = roundTally({
      ...{ name: 'POST /orders, nothing stored', unit: 'orders/s' },
      usage: () => new Map([['api', bare.usage()], ...loadGeneratorUsage()]),
    });

    await post({ orders: apis * warmUpOrders });
    await append(warmUpSeconds);
    await postToBare({ orders: warmUpOrders });
    for (let round = 1; round <= rounds; round += 1) {
      write(`round ${round} of ${rounds}`);
      await ours.measure(() => post({ seconds: roundSeconds }));
      await appends.measure(() => append(roundSeconds));
      await withoutStore.measure(() => postToBare({ seconds: roundSeconds }));
    }
    const audit = summaryLine(await system.audit({ settled: false }));
    return { ...judge(ours.measurement(), appends.measurement(), withoutStore.measurement()), audit };
  } finally {
    await Promise.all(references.map(({ stop }) => stop()));
    await system.stop();
  }
}

function judge(ours: Measurement, raw: Measurement, bare: Measurement): Omit<ScenarioReport, 'audit'> {
  return {
    measurements: [ours, raw, bare],
    goals: [
      atLeast({ name: 'POST : bare appends', value: ratioByRound(ours, raw), wanted: ratioWanted, digits: 2 }),
      atMost({ name: 'p99 of POST, ms', value: median(ours.p99Ms ?? []), wanted: p99MsWanted, digits: 1 }),
    ],
    notes: [
      `POST : the same route with nothing stored is ${ratioByRound(ours, bare).toFixed(2)}.`,
      `${apis} API processes on as many cores, which event store and load generator share with them.`,
      'Bare appends: one client in a process of its own, 64 appends in flight, the same event data and metadata.',
      'Nothing places these orders: projector and workers do not run, so that they cost no processor time here.',
    ],
  };
}
