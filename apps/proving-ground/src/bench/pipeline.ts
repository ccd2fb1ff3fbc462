// How many orders a second go the whole way, from POST to the exchange, when the exchange itself takes no time:
// beside a queue of the same jobs on the same Redis whose workers do nothing.
import { summaryLine } from '@orders/cli/audit/audit-orders';
import { median } from '../figures.ts';
import { startBenchSystem } from './bench-system.ts';
import { atLeast } from './goals.ts';
import { type NoOpQueue, startNoOpQueue } from './no-op-queue.ts';
import { placementsOf } from './placements.ts';
import { loadGeneratorUsage } from './process-usage.ts';
import { ratioByRound, roundTally } from './round.ts';
import type { BenchOptions, Scenario, ScenarioReport } from './scenario.ts';

const workers = 1;
/** As `WORKER_CONCURRENCY` has it unless told otherwise. */
const concurrency = 250;
const roundSecondsAtFullScale = 8;
const roundSecondsMin = 1;
// What runs for long is faster than what has just begun, and it is the former that is measured.
const warmUpOrdersAtFullScale = 15_000;
const warmUpOrdersMin = 5_000;
const ratioWanted = 0.35;
const perSecondWanted = 1_500;

/** The exchange answers as fast as it can. */
export const quickExchange = { failure_rate: 0, latency: { kind: 'fixed', ms: 0 } };

export const pipeline: Scenario = {
  key: 'pipeline',
  title: 'Pipeline: from POST to submitted, an exchange of zero latency',
  run,
};

async function run({ rounds, scale, path, profileFolder, write }: BenchOptions): Promise<ScenarioReport> {
  const seconds = Math.max(roundSecondsMin, roundSecondsAtFullScale * scale);
  const warmUpOrders = Math.max(warmUpOrdersMin, warmUpOrdersAtFullScale * scale);
  const system = await startBenchSystem({ workers, path, profileFolder });
  const placements = placementsOf(system);
  let noOpQueue: NoOpQueue | undefined;
  try {
    await system.setFaults(quickExchange);
    const reference = await startNoOpQueue({ redisUrl: system.urls.redis, workers, concurrency, path });
    noOpQueue = reference;
    const redisUsage = () => [...system.usage()].filter(([name]) => name === 'redis');
    const ours = roundTally({
      ...{ name: 'POST until submitted', unit: 'orders/s' },
      usage: () => new Map([...system.usage(), ...loadGeneratorUsage()]),
    });
    const noOp = roundTally({
      ...{ name: 'no-op BullMQ queue', unit: 'orders/s' },
      usage: () => new Map([...redisUsage(), ...reference.usage()]),
    });
    await placements.round({ orders: warmUpOrders });
    await reference.round(warmUpOrders);
    for (let round = 1; round <= rounds; round += 1) {
      write(`round ${round} of ${rounds}`);
      const { count } = await ours.measure(() => placements.round({ seconds }));
      await noOp.measure(() => reference.round(count));
    }
    const audit = summaryLine(await system.audit({ settled: true }));
    const measurements = [ours.measurement(), noOp.measurement()] as const;
    const ratio = ratioByRound(...measurements);
    const perSecond = median(measurements[0].rounds);
    return {
      measurements,
      goals: [
        atLeast({ name: 'pipeline : no-op queue', value: ratio, wanted: ratioWanted, digits: 2 }),
        atLeast({ name: 'orders/s from POST to submitted', value: perSecond, wanted: perSecondWanted, digits: 0 }),
      ],
      audit,
      notes: [
        `A round posts for ${seconds} s over 64 connections, then waits until every order is submitted; its rate is over both.`,
        'p50 and p99 are those of the POSTs, with the whole pipeline at work on the same cores.',
        `One worker process on each side, ${concurrency} jobs at once; the no-op queue gets the jobs of as many orders.`,
      ],
    };
  } finally {
    placements.close();
    await noOpQueue?.stop();
    await system.stop();
  }
}
