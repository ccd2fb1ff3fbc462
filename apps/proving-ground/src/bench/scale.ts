// What more processes bring on this machine: workers for the whole pipeline, APIs for accepting; and what the whole
// pipeline costs in shards, which bring nothing until they stand on machines of their own. Every number is a system of
// its own, started and stopped in each round, so that all take turns.
import { availableParallelism } from 'node:os';
import { summaryLine } from '@orders/cli/audit/audit-orders';
import type { ShardCount } from '@orders/order-store/order-shard';
import { type BenchSystem, startBenchSystem } from './bench-system.ts';
import { postOrders } from './order-load.ts';
import { quickExchange } from './pipeline.ts';
import { placementsOf } from './placements.ts';
import { loadGeneratorUsage, type ProcessUsage } from './process-usage.ts';
import { type RoundTally, ratioByRound, roundTally } from './round.ts';
import type { BenchOptions, Scenario, ScenarioReport } from './scenario.ts';

const connections = 64;
const workerCounts = [1, 2, 4];
const apiCounts = [1, 2];
const shardCounts = [2, 4] as const;
const roundSecondsAtFullScale = 5;
const roundSecondsMin = 0.5;
const warmUpOrdersAtFullScale = 4_000;
const warmUpOrdersMin = 1_000;

export const scale: Scenario = { key: 'scale', title: 'Scale: more workers, more APIs, more shards', run };

type Variant = { tally: RoundTally; measure: () => Promise<string> };

async function run(options: BenchOptions): Promise<ScenarioReport> {
  const pipelines = workerCounts.map((workers) => pipelineOf({ workers }, options));
  const sharded = shardCounts.map((shards) => pipelineOf({ workers: 1, shards }, options));
  const acceptances = apiCounts.map((apis) => acceptanceOf(apis, options));
  const audits: string[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    options.write(`round ${round} of ${options.rounds}`);
    for (const { measure } of [...pipelines, ...sharded, ...acceptances]) audits.push(await measure());
  }
  const measured = (variants: readonly Variant[]) => variants.map(({ tally }) => tally.measurement());
  const [ofWorkers, ofShards, ofApis] = [measured(pipelines), measured(sharded), measured(acceptances)] as const;
  const cores = availableParallelism();
  return {
    measurements: [...ofWorkers, ...ofShards, ...ofApis],
    goals: [],
    audit: `${audits.length} audits, each clean, the last: ${audits.at(-1)}`,
    notes: [
      ...gains(ofWorkers),
      ...gains([...ofWorkers.slice(0, 1), ...ofShards]),
      ...gains(ofApis),
      `${cores} cores carry everything: event store, Redis, exchange, projector, workers, APIs and the load generator.`,
      'More processes can bring no more than the cores that the others leave; with a machine for each, they would.',
    ],
  };
}

type Measurements = ScenarioReport['measurements'];

const gains = ([first, ...others]: Measurements): string[] =>
  first === undefined
    ? []
    : others.map((other) => `${other.name} : ${first.name} is ${ratioByRound(other, first).toFixed(2)}.`);

type PipelineParts = { workers: number; shards?: ShardCount };

function pipelineOf({ workers, shards = 1 }: PipelineParts, options: BenchOptions): Variant {
  const inShards = shards === 1 ? '' : ` in ${shards} shards`;
  const name = `pipeline${inShards}, ${workers === 1 ? '1 worker' : `${workers} workers`}`;
  return variant(name, {
    start: () => startBenchSystem({ workers, shards, path: options.path }),
    async measure(system, tally) {
      const placements = placementsOf(system);
      try {
        await system.setFaults(quickExchange);
        await placements.round({ orders: warmUpOrders(options) });
        await tally.measure(() => placements.round({ seconds: roundSeconds(options) }));
      } finally {
        placements.close();
      }
      return summaryLine(await system.audit({ settled: true }));
    },
  });
}

function acceptanceOf(apis: number, options: BenchOptions): Variant {
  const name = `accepting, ${apis === 1 ? '1 API' : `${apis} APIs`}`;
  return variant(name, {
    start: () => startBenchSystem({ apis, groups: ['event-store', 'exchange', 'api'], path: options.path }),
    async measure({ urls, acknowledgedFile, audit }, tally) {
      const load = { api: urls.api, connections, acknowledgedFile };
      await postOrders({ ...load, until: { orders: apis * warmUpOrders(options) } });
      await tally.measure(() => postOrders({ ...load, until: { seconds: roundSeconds(options) } }));
      return summaryLine(await audit({ settled: false }));
    },
  });
}

const roundSeconds = (options: BenchOptions) => Math.max(roundSecondsMin, roundSecondsAtFullScale * options.scale);
const warmUpOrders = (options: BenchOptions) =>
  Math.max(warmUpOrdersMin, Math.round(warmUpOrdersAtFullScale * options.scale));

type SystemOfVariant = {
  start: () => Promise<BenchSystem>;
  measure: (system: BenchSystem, tally: RoundTally) => Promise<string>;
};

function variant(name: string, { start, measure }: SystemOfVariant): Variant {
  let running: BenchSystem | undefined;
  const usage = (): ReadonlyMap<string, ProcessUsage> =>
    new Map([...(running?.usage() ?? []), ...loadGeneratorUsage()]);
  const tally = roundTally({ name, unit: 'orders/s', usage });
  return {
    tally,
    async measure() {
      const system = await start();
      running = system;
      try {
        return await measure(system, tally);
      } finally {
        await system.stop();
      }
    },
  };
}
