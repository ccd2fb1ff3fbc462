// How much of a core one worker needs to keep more than five hundred placements under way at an exchange that takes
// half a second for each. The orders wait in the queue before the worker is let go on, so that nobody else needs the
// cores to bring them.
import { setTimeout as sleep } from 'node:timers/promises';
import { summaryLine } from '@orders/cli/audit/audit-orders';
import { median } from '../figures.ts';
import { type BenchSystem, startBenchSystem } from './bench-system.ts';
import { atLeast, atMost } from './goals.ts';
import { quickExchange } from './pipeline.ts';
import { type Placements, placementsOf } from './placements.ts';
import { type Round, roundTally } from './round.ts';
import type { BenchOptions, Scenario, ScenarioReport } from './scenario.ts';

const concurrency = 600;
const latencyMs = 500;
const ordersAtFullScale = 20_000;
// Some seconds of work remain between the first and the last moments, which are left out.
const ordersMin = 4_000;
const warmUpOrders = 5_000;
const sampleEveryMs = 200;
const inFlightWanted = 500;
const coreShareWanted = 0.6;
const worker = 'worker-1';

export const inFlight: Scenario = {
  key: 'in-flight',
  title: `One worker, placements of ${latencyMs} ms`,
  run,
};

async function run({ rounds, scale, path, profileFolder, write }: BenchOptions): Promise<ScenarioReport> {
  const env = { WORKER_CONCURRENCY: String(concurrency) };
  const system = await startBenchSystem({ workers: 1, env, path, profileFolder });
  const placements = placementsOf(system);
  const orders = Math.max(ordersMin, Math.round(ordersAtFullScale * scale));
  const tally = roundTally({ name: 'placements', unit: 'orders/s', usage: system.usage });
  try {
    await system.setFaults(quickExchange);
    await placements.round({ orders: warmUpOrders });
    await system.setFaults({ failure_rate: 0, latency: { kind: 'fixed', ms: latencyMs } });
    const held: number[] = [];
    const shares: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      write(`round ${round} of ${rounds}`);
      await fillQueue(system, placements, orders);
      const { callsUnderWay, coreShare } = await tally.measure(() => watchDrain(system, placements));
      held.push(callsUnderWay);
      shares.push(coreShare);
      await placements.until(({ open }) => open === 0);
    }
    const audit = summaryLine(await system.audit({ settled: true }));
    return {
      measurements: [
        { name: 'placements in flight', unit: 'calls', rounds: held },
        { name: 'processor of the worker', unit: '% of a core', rounds: shares.map((share) => 100 * share) },
        tally.measurement(),
      ],
      goals: [
        atLeast({ name: 'placements in flight, one worker', value: median(held), wanted: inFlightWanted, digits: 0 }),
        atMost({ name: 'cores that the worker uses', value: median(shares), wanted: coreShareWanted, digits: 2 }),
      ],
      audit,
      notes: [
        `${orders} orders wait in the queue, then one worker with WORKER_CONCURRENCY=${concurrency} takes them.`,
        'In flight are the calls that the exchange counts as under way.',
        `To hold 500 of ${latencyMs / 1_000} s each, 1,000 orders a second must pass everything else on these cores too.`,
      ],
    };
  } finally {
    placements.close();
    await system.stop();
  }
}

/** Resolves when the worker goes on with the queue, and is in full swing. */
async function fillQueue(system: BenchSystem, placements: Placements, orders: number): Promise<void> {
  const { submitted: before } = await placements.counts();
  system.signal(worker, 'SIGSTOP');
  await placements.post({ orders });
  await placements.until(({ open }) => open >= orders);
  system.signal(worker, 'SIGCONT');
  // The first calls begin together.
  await placements.until(({ submitted }) => submitted - before > 2 * concurrency);
}

type Drain = Round & { callsUnderWay: number; coreShare: number };

/** Until so little is left that the queue is about to run dry. */
async function watchDrain({ usage, urls }: BenchSystem, { counts }: Placements): Promise<Drain> {
  const look = async () => ({
    ...(await counts()),
    atMs: performance.now(),
    cpuSeconds: usage().get(worker)?.cpuSeconds ?? Number.NaN,
  });
  const samples: number[] = [];
  const from = await look();
  let to = from;
  while (to.open > 2 * concurrency) {
    samples.push(await callsUnderWay(urls.exchange));
    await sleep(sampleEveryMs);
    to = await look();
  }
  const seconds = (to.atMs - from.atMs) / 1_000;
  return {
    count: to.submitted - from.submitted,
    seconds,
    callsUnderWay: median(samples),
    coreShare: (to.cpuSeconds - from.cpuSeconds) / seconds,
  };
}

async function callsUnderWay(exchange: string): Promise<number> {
  const text = await (await fetch(`${exchange}/metrics`)).text();
  return Number(/^exchange_orders_in_flight (\d+)/m.exec(text)?.[1]);
}
