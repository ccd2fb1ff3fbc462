// Whether POST /orders notices what happens behind it: the same steady load, the whole pipeline at work, each trouble
// in turns with the healthy state just before it.
import { summaryLine } from '@orders/cli/audit/audit-orders';
import { type Goal, median } from '../figures.ts';
import { type BenchSystem, startBenchSystem } from './bench-system.ts';
import { type DerivedData, openDerivedData } from './derived-data.ts';
import { atMost } from './goals.ts';
import { type IsolationCell, isolationCells, makeHealthy } from './isolation-cells.ts';
import { postOrders } from './order-load.ts';
import type { BenchOptions, Scenario, ScenarioReport } from './scenario.ts';
import { errorsOf, postSteadily, type SteadyFigures, steadyMeasurement } from './steady-load.ts';

const ratePerSecond = 200;
const connections = 64;
const warmUpOrders = 3_000;
const takesEffectSeconds = 2;
const roundSeconds = 6;
// An unknown outcome takes a minute until the exchange can prove that it has no such order, and then a retry.
const settleWithinMs = 240_000;
const ratioMax = 1.15;

export const isolation: Scenario = {
  key: 'isolation',
  title: `Isolation: POST /orders at ${ratePerSecond}/s while something else is in trouble`,
  rounds: 5,
  run,
};

async function run(options: BenchOptions): Promise<ScenarioReport> {
  const system = await startBenchSystem(options);
  const derived = openDerivedData(system.urls.redis);
  try {
    return await measure(system, derived, options);
  } finally {
    derived.close();
    await system.stop();
  }
}

async function measure(system: BenchSystem, derived: DerivedData, options: BenchOptions): Promise<ScenarioReport> {
  const { rounds, scale, path, write } = options;
  const { api, urls, acknowledgedFile } = system;
  const leadInSeconds = scale < 1 ? 1 : takesEffectSeconds;
  const seconds = Math.max(1, Math.round(roundSeconds * scale));
  let stored = 0;
  let slowestSettlingMs = 0;
  const failures = new Map<string, number>();

  async function post(times: { leadInSeconds: number; seconds: number }): Promise<SteadyFigures> {
    const figures = await postSteadily({ api, acknowledgedFile, path, ratePerSecond, connections, ...times });
    stored += figures.created;
    for (const [kind, count] of figures.errorKinds) failures.set(kind, (failures.get(kind) ?? 0) + count);
    return figures;
  }

  // What one state leaves to be done is not to burden the next one.
  async function settle() {
    const startMs = performance.now();
    if (!(await derived.untilSettled(stored, settleWithinMs))) throw new Error('the orders were not placed in time');
    slowestSettlingMs = Math.max(slowestSettlingMs, performance.now() - startMs);
  }

  async function measureCell({ begin, end }: IsolationCell): Promise<SteadyFigures> {
    await begin(system);
    try {
      return await post({ leadInSeconds, seconds });
    } finally {
      await end?.(system);
      await makeHealthy(system);
    }
  }

  const cells = isolationCells(scale).map((cell) => ({
    ...cell,
    healthy: [] as SteadyFigures[],
    troubled: [] as SteadyFigures[],
  }));
  await system.setFaults({ failure_rate: 0, latency: { kind: 'fixed', ms: 0 } });
  stored += (await postOrders({ api: urls.api, connections, until: { orders: warmUpOrders }, acknowledgedFile })).count;
  await settle();
  await makeHealthy(system);
  for (let round = 1; round <= rounds; round += 1) {
    for (const cell of cells) {
      write(`round ${round} of ${rounds}: ${cell.name}`);
      cell.healthy.push(await post({ leadInSeconds, seconds }));
      await settle();
      cell.troubled.push(await measureCell(cell));
      await settle();
    }
  }
  const samples = ratePerSecond * seconds;
  return {
    measurements: cells.flatMap(({ name, healthy, troubled }) => [
      steadyMeasurement(name, troubled),
      steadyMeasurement('  healthy, just before', healthy),
    ]),
    goals: [
      ...cells.flatMap(({ name, healthy, troubled }) => goals(name, healthy, troubled)),
      noOther(
        'healthy',
        cells.flatMap(({ healthy }) => healthy),
      ),
    ],
    audit: summaryLine(await system.audit({ settled: true })),
    notes: [
      `${ratePerSecond} orders/s over ${connections} connections; each round has ${samples} of them.`,
      'The first cell is no trouble at all: its ratio shows how far two measurements of the same lie apart.',
      `Not answered with 201: ${[...failures].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'none'}.`,
      `After a trouble, all orders were placed within ${(slowestSettlingMs / 1_000).toFixed(1)} s.`,
    ],
  };
}

function goals(name: string, healthy: readonly SteadyFigures[], troubled: readonly SteadyFigures[]): Goal[] {
  const ratio = median(troubled.map(({ p99Ms }, round) => p99Ms / (healthy[round]?.p99Ms ?? Number.NaN)));
  return [
    atMost({ name: `${name}: p99 : healthy`, value: ratio, wanted: ratioMax, digits: 2 }),
    noOther(name, troubled),
  ];
}

const noOther = (name: string, rounds: readonly SteadyFigures[]): Goal =>
  atMost({ name: `${name}: no 201`, value: errorsOf(rounds), wanted: 0, digits: 0 });
