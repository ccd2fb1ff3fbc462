// How fast the embedded event store is, each figure beside what it could be at most on the same machine in the same
// run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EventStoreDBClient } from '@eventstore/db-client';
import { freePorts } from '@orders/local-system/free-port';
import { startBenched } from './benched-process.ts';
import { type Goal, goalLine, median } from './figures.ts';
import { benchAppends } from './store-bench/append-bench.ts';
import { timeOpening, writeLargeLog } from './store-bench/large-log.ts';
import { benchReads } from './store-bench/read-bench.ts';
import { benchCatchUp, benchLive } from './store-bench/subscription-bench.ts';

const usage = `Measures the embedded event store: opening, reading, catching up, appending and live delivery.

  --events N   how many events the log holds (default 1000000)
  --only LIST  some of open,read,catch-up,append,live, separated by commas
  --help       this text
`;

const connect = (port: number) => EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
const openings = 5;
const write = (line: string) => process.stdout.write(`${line}\n`);
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'open,read,catch-up,append,live' },
    help: { type: 'boolean', default: false },
  },
});

async function measure(events: number, parts: ReadonlySet<string>): Promise<Goal[]> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'store-bench-'));
  const [storePort, otherPort] = await freePorts(2);
  const goals: Goal[] = [];
  try {
    write(`writing ${events} events`);
    await writeLargeLog(dataFolder, events);
    if (parts.has('open')) {
      const times: number[] = [];
      for (let opening = 0; opening < openings; opening += 1) times.push(await timeOpening(dataFolder));
      const value = median(times);
      goals.push({
        name: `opening ${events} events, ms`,
        value,
        text: value.toFixed(0),
        wanted: 1_000,
        isAtLeast: false,
      });
    }
    const store = await startBenched({
      name: 'event-store',
      // As its package starts it.
      args: ['--max-semi-space-size=4', resolve(import.meta.dirname, '../../event-store/src/main.ts')],
      port: storePort,
      readiness: 'http',
      env: {
        EVENT_STORE_DATA: dataFolder,
        EVENT_STORE_PORT: String(storePort),
        NODE_OPTIONS: process.env.STORE_NODE_OPTIONS,
      },
    });
    const bench = { connect, store, storePort, write };
    try {
      if (parts.has('catch-up')) goals.push(...(await benchCatchUp(bench, events)));
      if (parts.has('read')) goals.push(...(await benchReads({ ...bench, memoryPort: otherPort })));
      if (parts.has('append')) goals.push(await benchAppends({ ...bench, barePort: otherPort }));
      if (parts.has('live')) goals.push(await benchLive(bench));
    } finally {
      await store.stop();
    }
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
  return goals;
}

if (values.help) {
  write(usage.trimEnd());
} else {
  const goals = await measure(Number(values.events), new Set(values.only.split(',')));
  write('');
  for (const goal of goals) write(goalLine(goal));
}
