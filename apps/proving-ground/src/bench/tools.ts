// The tools of analysts on a large log, while a projector keeps its read model: replay through the command beside the
// client of the event store in a loop that does nothing, the export, and the rebuild of the read model.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../figures.ts';
import { readBarely } from './bare-reading.ts';
import { type BenchSystem, startBenchSystem } from './bench-system.ts';
import { openDerivedData } from './derived-data.ts';
import { atLeast, atMost } from './goals.ts';
import { type CommandUse, runOrdersCommand } from './orders-command.ts';
import { ratioByRound } from './round.ts';
import type { BenchOptions, Measurement, Scenario, ScenarioReport } from './scenario.ts';
import { eventsPerOrder, writeSettledLog } from './settled-log.ts';

const fullOrders = 1_000_000;
const ordersMin = 2_000;
/** Of the log, for replay and export. */
const readEventsMax = 1_000_000;
const settledWithinMs = 1_800_000;
const stopWithinMs = 10_000;
const mebibyte = 1_048_576;

export const tools: Scenario = {
  key: 'tools',
  title: 'Tools: replay, export and rebuild by the command `orders`',
  rounds: 3,
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
  const exports = await mkdtemp(join(tmpdir(), 'orders-export-'));
  const projector = system.startAside('projector', () => undefined);
  try {
    await untilProjected(system, orders);
    return await measure(system, exports, { ...options, orders });
  } finally {
    await projector.stop(stopWithinMs);
    await system.stop();
    await rm(exports, { recursive: true, force: true });
  }
}

async function untilProjected(system: BenchSystem, orders: number): Promise<void> {
  const derived = openDerivedData(system.urls.redis);
  try {
    if (!(await derived.untilSettled(orders, settledWithinMs))) throw new Error('the read model was not built in time');
  } finally {
    derived.close();
  }
}

type Tools = BenchOptions & { orders: number };

async function measure(system: BenchSystem, exports: string, options: Tools): Promise<ScenarioReport> {
  const { orders, rounds, path, write } = options;
  const events = orders * eventsPerOrder;
  const readEvents = Math.min(readEventsMax, Math.round(events / eventsPerOrder));
  const env = { PATH: path, EVENTSTORE_URL: system.urls.eventStore, REDIS_URL: system.urls.redis };
  const read = () => readBarely({ url: system.urls.eventStore, way: 'readAll', events: readEvents, path });
  // The event store learns what it is going to do.
  const { position = '' } = await read();

  const replays: CommandUse[] = [];
  const exported: CommandUse[] = [];
  const reads: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    replays.push(await runOrdersCommand(['tail', '--from', 'start', '--until', position, '--json'], env));
    reads.push((await read()).perSecond);
    const folder = join(exports, String(round));
    exported.push(await runOrdersCommand(['export', '--to', 'parquet', '--until', position, '--out', folder], env));
    const [replay, bare, file] = [replays.at(-1)?.seconds, reads.at(-1), exported.at(-1)?.seconds];
    write(
      `round ${round} of ${rounds}: replay ${replay?.toFixed(1)} s, bare ${bare?.toFixed(0)}/s, export ${file?.toFixed(1)} s`,
    );
  }
  const rebuilds = [await runOrdersCommand(['rebuild'], env)];
  write(`rebuild of ${orders} orders: ${rebuilds[0]?.seconds.toFixed(1)} s`);

  const replay = measured('replay: orders tail --json', replays, readEvents);
  const bare: Measurement = { name: 'bare readAll', unit: 'events/s', rounds: reads };
  const rebuild = measured('orders rebuild', rebuilds, events);
  const peak = Math.max(...exported.map(({ peakBytes }) => peakBytes)) / mebibyte;
  const seconds = median(exported.map((use) => use.seconds));
  return {
    measurements: [replay, bare, measured('orders export', exported, readEvents), rebuild],
    goals: [
      atLeast({ name: 'replay : bare readAll', value: ratioByRound(replay, bare), wanted: 0.8, digits: 2 }),
      atMost({ name: `export of ${readEvents} events, s`, value: seconds, wanted: 120, digits: 1 }),
      atMost({ name: 'export, most memory, MiB', value: peak, wanted: 400, digits: 0 }),
      atLeast({ name: 'rebuild, events/s', value: median(rebuild.rounds), wanted: 15_000, digits: 0 }),
    ],
    audit: null,
    notes: [
      `A log of ${events} events of ${orders} orders; replay and export are of the first ${readEvents} events.`,
      'The times of commands are from the start of the process to its end; the bare loop is timed from its first call.',
      'Rebuild: built beside, every order and index entry compared, switched, the old one removed; once.',
    ],
  };
}

const measured = (name: string, uses: readonly CommandUse[], events: number): Measurement => ({
  name,
  unit: 'events/s',
  rounds: uses.map(({ seconds }) => events / seconds),
  cpuMicros: { orders: median(uses.map(({ cpuSeconds }) => cpuSeconds)) * (1e6 / events) },
  residentBytes: { orders: Math.max(...uses.map(({ peakBytes }) => peakBytes)) },
});
