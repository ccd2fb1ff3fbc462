// A million orders that nobody can place: the exchange is out of order while they come. What each process holds, what
// Redis needs for each of them, whether POST /orders notices; and then how fast they are placed once it is back.
import { summaryLine } from '@orders/cli/audit/audit-orders';
import { mebibytes } from '../figures.ts';
import { backlogGoals } from './backlog-goals.ts';
import { type BenchSystem, startBenchSystem } from './bench-system.ts';
import { type DerivedData, openDerivedData } from './derived-data.ts';
import { memorySamples } from './memory-samples.ts';
import { postOrders } from './order-load.ts';
import { cpuPerOrder } from './process-usage.ts';
import type { Round } from './round.ts';
import type { BenchOptions, Measurement, Scenario, ScenarioReport } from './scenario.ts';
import { postSteadily, type SteadyFigures, steadyMeasurement } from './steady-load.ts';

const fullBacklog = 1_000_000;
const backlogMin = 2_000;
const steps = 20;
// By then the processes are warm, and the buffers have the size that they keep.
const countedFromStep = 5;
const connections = 64;
const warmUpOrders = 3_000;
const ratePerSecond = 200;
// The workers have to find out first that the exchange is out of order.
const leadInSeconds = 4;
const roundSeconds = 6;
const settleWithinMs = 120_000;
const catchUpWithinMs = 600_000;
const sampleEveryMs = 2_000;
const stalledAfterMs = 180_000;
const progressShare = 0.1;

const atOnce = { failure_rate: 0, latency: { kind: 'fixed', ms: 0 } };

export const backlog: Scenario = {
  key: 'backlog',
  title: `Backlog: ${fullBacklog / 1e6} million open orders while the exchange is out of order`,
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
  const goal = Math.max(backlogMin, Math.round(fullBacklog * scale));
  const seconds = Math.max(2, Math.round(roundSeconds * scale));
  let stored = 0;

  async function postAtOnce(orders: number): Promise<Round> {
    const round = await postOrders({ api: urls.api, connections, until: { orders }, acknowledgedFile });
    stored += round.count;
    return round;
  }

  async function postAtSteadyRate(): Promise<SteadyFigures[]> {
    const all: SteadyFigures[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const times = { leadInSeconds, seconds };
      all.push(await postSteadily({ api, acknowledgedFile, path, ratePerSecond, connections, ...times }));
      stored += all.at(-1)?.created ?? 0;
    }
    return all;
  }

  async function catchUp() {
    const hasAll = await derived.until(({ all }) => all >= stored, catchUpWithinMs);
    if (!hasAll) throw new Error('the read model did not come to show all orders');
  }

  await system.setFaults(atOnce);
  await postAtOnce(warmUpOrders);
  if (!(await derived.untilSettled(stored, settleWithinMs)))
    throw new Error('the first orders were not placed in time');
  await derived.untilItsFileIsWritten();
  const bytesBefore = await derived.usedMemory();

  await system.setFaults({ outage: true });
  const withoutBacklog = await postAtSteadyRate();
  const growing = memorySamples();
  const filling: Round[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const round = await postAtOnce(Math.ceil(goal / steps));
    filling.push(round);
    const usage = system.usage();
    if (step >= countedFromStep) growing.add(usage);
    const rate = (round.count / round.seconds).toFixed(0);
    const resident = [...usage].map(([name, { residentBytes }]) => `${name} ${mebibytes(residentBytes)}`).join(', ');
    write(`${stored} orders, ${rate} /s, p99 ${round.p99Ms?.toFixed(1)} ms; ${resident}`);
    write(`  Redis uses ${mebibytes(await derived.usedMemory())}`);
  }
  const filled = system.usage();
  await catchUp();
  await derived.untilItsFileIsWritten();
  const { open } = await derived.counts();
  const [bytes, jobs] = [(await derived.usedMemory()) - bytesBefore, await derived.jobs()];
  const bytesOfJob = await derived.bytesOfWaitingJob();
  write(`${open} open orders, ${jobs} jobs, ${(bytes / open).toFixed(0)} bytes of Redis for each order`);
  const withBacklog = await postAtSteadyRate();
  await catchUp();

  const drained = await drain(system, derived, { stored, write });
  const measurements: Measurement[] = [
    {
      ...{ name: 'POST /orders, the backlog grows', unit: 'orders/s', residentBytes: residentBytes(filled) },
      rounds: filling.map(({ count, seconds }) => count / seconds),
      p50Ms: filling.map(({ p50Ms = Number.NaN }) => p50Ms),
      p99Ms: filling.map(({ p99Ms = Number.NaN }) => p99Ms),
    },
    steadyMeasurement(`POST /orders, ${ratePerSecond}/s, no backlog`, withoutBacklog),
    steadyMeasurement(`POST /orders, ${ratePerSecond}/s, full backlog`, withBacklog),
    { name: 'Redis for each open order', unit: 'bytes', rounds: [bytes / open] },
    drained.measurement,
  ];
  return {
    measurements,
    goals: backlogGoals({ growing, withoutBacklog, withBacklog, bytesPerOrder: bytes / open }),
    audit: summaryLine(await system.audit({ settled: true })),
    notes: [
      `${open} open orders take ${mebibytes(bytes)} of Redis; ${jobs} of them had a job in the queue.`,
      `A job is ${bytesOfJob} bytes of that; the queue takes 100,000 of them, so that a small backlog takes more for each.`,
      `Memory from a fifth of the backlog on: ${growing.summary()}.`,
      `Memory during the drain: ${drained.memory}.`,
    ],
  };
}

type Drain = { stored: number; write: (line: string) => void };

/** From the end of the outage until no order is open. Rejects when nothing goes on any more. */
async function drain(system: BenchSystem, derived: DerivedData, { stored, write }: Drain) {
  const memory = memorySamples();
  const { open: atFirst } = await derived.counts();
  const before = system.usage();
  const startMs = performance.now();
  let open = atFirst;
  let announced = 0;
  let changedMs = startMs;
  await system.setFaults(atOnce);
  const isOver = (counts: { all: number; open: number }) => {
    if (counts.open !== open) changedMs = performance.now();
    open = counts.open;
    return counts.all >= stored && open === 0;
  };
  while (!(await derived.until(isOver, sampleEveryMs))) {
    memory.add(system.usage());
    if (performance.now() - changedMs > stalledAfterMs) throw new Error(`${open} orders stay open`);
    if (1 - open / atFirst < announced + progressShare) continue;
    announced = 1 - open / atFirst;
    const rate = ((atFirst - open) / (performance.now() - startMs)) * 1_000;
    write(`${open} orders are still open, ${rate.toFixed(0)} /s so far`);
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const after = system.usage();
  memory.add(after);
  const measurement: Measurement = {
    ...{ name: 'drain', unit: 'orders/s', rounds: [atFirst / seconds], residentBytes: residentBytes(after) },
    cpuMicros: Object.fromEntries(cpuPerOrder(before, after, atFirst)),
  };
  return { measurement, memory: memory.summary() };
}

const residentBytes = (usage: ReturnType<BenchSystem['usage']>): Record<string, number> =>
  Object.fromEntries([...usage].map(([name, { residentBytes: bytes }]) => [name, bytes]));
