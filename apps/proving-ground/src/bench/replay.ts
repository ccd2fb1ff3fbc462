// How fast the read model is built again from the log, beside the client of the event store in a loop that does
// nothing: what is left of its speed when every event is folded, written to Redis and committed. All processes are new
// ones in every round, as they are after a loss.
import { median } from '../figures.ts';
import { type ReadingWay, readBarely } from './bare-reading.ts';
import { type BenchSystem, startBenchSystem } from './bench-system.ts';
import { type DerivedData, openDerivedData } from './derived-data.ts';
import { atLeast } from './goals.ts';
import { usageOf } from './process-usage.ts';
import type { BenchOptions, Measurement, Scenario, ScenarioReport } from './scenario.ts';
import { eventsPerOrder, writeSettledLog } from './settled-log.ts';

const fullOrders = 100_000;
const ordersMin = 2_000;
const stopWithinMs = 10_000;
const rebuildWithinMs = 600_000;
const ratioMin = 0.5;

export const replay: Scenario = {
  key: 'replay',
  title: 'Replay: the read model is built again from the log',
  rounds: 5,
  run,
};

async function run(options: BenchOptions): Promise<ScenarioReport> {
  const orders = Math.max(ordersMin, Math.round(fullOrders * options.scale));
  options.write(`writing a log of ${orders * eventsPerOrder} events`);
  const system = await startBenchSystem({
    ...options,
    groups: ['redis', 'event-store'],
    prepareEventStore: (folder) => writeSettledLog(folder, orders),
  });
  const derived = openDerivedData(system.urls.redis);
  try {
    return await measure(system, derived, { ...options, orders });
  } finally {
    derived.close();
    await system.stop();
  }
}

type Replay = BenchOptions & { orders: number };

async function measure(system: BenchSystem, derived: DerivedData, options: Replay): Promise<ScenarioReport> {
  const { orders, rounds, path, write } = options;
  const events = orders * eventsPerOrder;
  const rebuilds: Rebuild[] = [];
  const reads: number[] = [];
  const subscriptions: number[] = [];
  const read = async (way: ReadingWay) =>
    (await readBarely({ url: system.urls.eventStore, way, events, path })).perSecond;
  // The event store learns what it is going to do; the others are new in every round.
  await read('readAll');
  for (let round = 1; round <= rounds; round += 1) {
    rebuilds.push(await rebuild(system, derived, orders));
    reads.push(await read('readAll'));
    subscriptions.push(await read('subscribeToAll'));
    const rates = [rebuilds.at(-1)?.perSecond, reads.at(-1), subscriptions.at(-1)].map((rate) => rate?.toFixed(0));
    write(`round ${round} of ${rounds}: ${rates.join(', ')} events/s`);
  }
  const rates = rebuilds.map(({ perSecond }) => perSecond);
  const last = rebuilds.at(-1);
  const measurements: Measurement[] = [
    {
      ...{ name: 'rebuild of the read model', unit: 'events/s', rounds: rates },
      cpuMicros: { projector: median(rebuilds.map(({ cpuSeconds }) => cpuSeconds)) * (1e6 / events) },
      ...(last && { residentBytes: { projector: last.residentBytes } }),
    },
    { name: 'bare readAll', unit: 'events/s', rounds: reads },
    { name: 'bare subscribeToAll, filtered', unit: 'events/s', rounds: subscriptions },
  ];
  return {
    measurements,
    goals: [atLeast({ name: 'rebuild : bare readAll', value: ratio(rates, reads), wanted: ratioMin, digits: 2 })],
    audit: null,
    notes: [
      `A log of ${events} events, ${eventsPerOrder} for each order; after each rebuild all ${orders} orders were there.`,
      `rebuild : bare filtered subscription is ${ratio(rates, subscriptions).toFixed(2)}.`,
      'Every round is by new processes; their start is not counted, what their compiler has to learn is.',
      'Only the processor time of the projector is that of its whole life.',
    ],
  };
}

type Rebuild = { perSecond: number; cpuSeconds: number; residentBytes: number };

const begun = 'building the read model from the start of the log';
const complete = 'the read model is complete';

/** By a projector of its own on an empty Redis. Rejects unless all orders are in the read model then, and settled. */
async function rebuild(system: BenchSystem, derived: DerivedData, orders: number): Promise<Rebuild> {
  await derived.wipe();
  let begunMs = Number.NaN;
  const rebuilt = Promise.withResolvers<number>();
  const projector = system.startAside('projector', (line) => {
    if (!line.startsWith('{')) return;
    const { msg, time }: { msg?: string; time?: string } = JSON.parse(line);
    if (msg === begun) begunMs = Date.parse(time ?? '');
    if (msg === complete) rebuilt.resolve(Date.parse(time ?? ''));
  });
  const limit = setTimeout(() => rebuilt.reject(new Error('the read model was not complete in time')), rebuildWithinMs);
  const died = projector.exited.then(() => {
    throw new Error(`the projector ended: ${projector.recentLines().at(-1)}`);
  });
  try {
    const endMs = await Promise.race([rebuilt.promise, died]);
    const { cpuSeconds, residentBytes } = usageOf(projector.pid);
    const { all, open, submitted } = await derived.counts();
    if (all !== orders || submitted !== orders || open > 0)
      throw new Error(`of ${orders} orders the read model has ${all}, ${submitted} of them submitted, ${open} open`);
    const seconds = (endMs - begunMs) / 1_000;
    return { perSecond: (orders * eventsPerOrder) / seconds, cpuSeconds, residentBytes };
  } finally {
    clearTimeout(limit);
    died.catch(() => undefined);
    await projector.stop(stopWithinMs);
  }
}

const ratio = (ours: readonly number[], reference: readonly number[]): number =>
  median(ours.map((rate, round) => rate / (reference[round] ?? Number.NaN)));
