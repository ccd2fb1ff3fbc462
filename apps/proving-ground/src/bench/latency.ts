// How long an order is under way inside: from the 201 to the exchange, at half of what the pipeline can do. Beside it,
// in turns, an empty job of BullMQ from one process to another at the same rate: what any queue would cost.
import { summaryLine } from '@orders/cli/audit/audit-orders';
import { median, percentile } from '../figures.ts';
import { type BenchSystem, startBenchSystem } from './bench-system.ts';
import { openDerivedData } from './derived-data.ts';
import { startEmptyJobs } from './empty-jobs.ts';
import { atMost } from './goals.ts';
import { postOrders } from './order-load.ts';
import { acceptanceTimes, answerTimes, delaysMs, submissionTimes } from './placement-times.ts';
import type { Round } from './round.ts';
import type { BenchOptions, Measurement, Scenario, ScenarioReport } from './scenario.ts';
import { postSteadily } from './steady-load.ts';

const connections = 64;
const warmUpOrders = 3_000;
const peakOrders = 15_000;
const peakOrdersMin = 3_000;
const roundSeconds = 20;
const leadInSeconds = 2;
const settleWithinMs = 120_000;
const goalMs = 30;

export const latency: Scenario = {
  key: 'latency',
  title: 'Latency: from the 201 to the exchange, at half of the peak',
  run,
};

type Period = { fromMs: number; toMs: number };

async function run(options: BenchOptions): Promise<ScenarioReport> {
  const system = await startBenchSystem(options);
  try {
    return await measure(system, options);
  } finally {
    await system.stop();
  }
}

async function measure(system: BenchSystem, options: BenchOptions): Promise<ScenarioReport> {
  const { rounds, scale, path, write } = options;
  const { urls, api, acknowledgedFile } = system;
  const jobs = await startEmptyJobs({ redisUrl: urls.redis, path });
  const derived = openDerivedData(urls.redis);
  let stored = 0;

  async function settle() {
    if (!(await derived.untilSettled(stored, settleWithinMs))) throw new Error('the orders were not placed in time');
  }

  /** Orders a second, from the first POST until the last one is submitted. */
  async function pipelineRate(orders: number): Promise<number> {
    const startMs = performance.now();
    stored += (await postOrders({ api: urls.api, connections, until: { orders }, acknowledgedFile })).count;
    await settle();
    return (orders / (performance.now() - startMs)) * 1_000;
  }

  try {
    await system.setFaults({ failure_rate: 0, latency: { kind: 'fixed', ms: 0 } });
    await pipelineRate(warmUpOrders);
    const peak = await pipelineRate(Math.max(peakOrdersMin, Math.round(peakOrders * scale)));
    const ratePerSecond = peak / 2;
    const seconds = Math.max(2, Math.round(roundSeconds * scale));
    write(`peak of the pipeline ${peak.toFixed(0)} orders/s, measured at ${ratePerSecond.toFixed(0)}`);
    await jobs.measure({ ratePerSecond, seconds: Math.ceil(warmUpOrders / ratePerSecond) });

    const notes: string[] = [];
    const periods: Period[] = [];
    const reference: Round[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      write(`round ${round} of ${rounds}`);
      const load = { api, acknowledgedFile, path, ratePerSecond, connections, leadInSeconds, seconds };
      const { created, errorKinds, measuredFromMs } = await postSteadily(load);
      periods.push({ fromMs: measuredFromMs, toMs: Date.now() });
      const others = [...errorKinds].map(([kind, count]) => `${count} ${kind}`);
      if (others.length > 0) notes.push(`Not answered with 201 in round ${round}: ${others.join(', ')}.`);
      stored += created;
      await settle();
      reference.push(await jobs.measure({ ratePerSecond, seconds }));
    }

    const answered = await answerTimes(acknowledgedFile);
    const side = (name: string, times: ReadonlyMap<string, number>) =>
      latencies(
        name,
        periods.map((period) => latenciesOf(delaysMs(answered, times, period))),
      );
    const toExchange = side('201 → in the ledger of the exchange', await acceptanceTimes(urls.exchange));
    const toStart = side('201 → SubmissionStarted', await submissionTimes(urls.eventStore));
    const toJob = latencies('empty job: add → worker', reference);
    return {
      measurements: [toExchange, toStart, toJob],
      goals: [atMost({ name: '201 → exchange, p99, ms', value: median(toExchange.rounds), wanted: goalMs, digits: 1 })],
      audit: summaryLine(await system.audit({ settled: true })),
      notes: [
        `Measured at ${ratePerSecond.toFixed(0)} orders/s, half of the ${peak.toFixed(0)} of the whole pipeline.`,
        `p99 : that of an empty job at the same rate is ${ratio(toExchange, toJob).toFixed(1)}.`,
        'The times of ledger and log are cut off to whole milliseconds; what came before the 201 counts as 0.',
        'The ledger has the time of the entry: the call has arrived, its fsync is yet to come.',
        ...notes,
      ],
    };
  } finally {
    await jobs.stop();
    derived.close();
  }
}

type Latencies = { p50Ms: number; p99Ms: number };

const latenciesOf = (delays: readonly number[]): Latencies => ({
  p50Ms: percentile(delays, 0.5),
  p99Ms: percentile(delays, 0.99),
});

function latencies(name: string, rounds: readonly Partial<Latencies>[]): Measurement {
  const ofEach = (figure: keyof Latencies) => rounds.map((round) => round[figure] ?? Number.NaN);
  return { name, unit: 'ms (p99)', rounds: ofEach('p99Ms'), p50Ms: ofEach('p50Ms'), p99Ms: ofEach('p99Ms') };
}

const ratio = (ours: Measurement, reference: Measurement): number =>
  median(ours.rounds.map((ms, round) => ms / (reference.rounds[round] ?? Number.NaN)));
