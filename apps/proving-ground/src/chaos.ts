// Breaks whatever can be broken on one machine, for as long as it is told to, while orders are placed; then mends
// everything, waits until all is settled, and holds against each other what clients were told, what is stored and what
// stands at the exchange.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditOrders } from '@orders/cli/audit/audit-orders';
import type { AuditReport } from '@orders/cli/audit/audit-report';
import { openEventStore } from '@orders/order-store/open-event-store';
import { type ChaosSystem, chaosSystem } from './chaos/chaos-system.ts';
import { type FaultKind, planFault } from './chaos/faults.ts';
import { startOrderStream } from './chaos/order-stream.ts';
import { untilNoneIsOpen } from './open-orders.ts';
import { type Random, seededRandom } from './seeded-random.ts';

export type ChaosOptions = {
  minutes: number;
  seed: number;
  /** Orders a second. */
  rate: number;
  /** On average. */
  faultsPerMinute: number;
  /** No process is frozen for longer. */
  longestFreezeMs: number;
  apis: number;
  workers: number;
  /** For data and logs; removed again unless something is wrong. */
  folder: string;
  /** Of the machine, to find commands. */
  pathVariable: string;
  log: (line: string) => void;
};

export type ChaosVerdict = {
  /** Nothing lost, duplicated, unexplained, stuck or in doubt, and nothing else to complain about. */
  kept: boolean;
  faults: Readonly<Partial<Record<FaultKind, number>>>;
  audit: AuditReport;
  answers: Readonly<Record<string, number>>;
  complaints: string[];
};

const settleWithinMs = 300_000;
const copyEveryMs = 15_000;
const auditPauseMs = 2_000;
const retryMs = 500;
const auditPatienceMs = 10_000;
const exchangeLatencyMs = 200;
const silent = { warn: () => undefined };

export async function unleashChaos(options: ChaosOptions): Promise<ChaosVerdict> {
  const { seed, rate, folder, apis, workers, pathVariable } = options;
  await mkdir(folder, { recursive: true });
  const acknowledgedFile = join(folder, 'acknowledged.ndjson');
  const timeline = timelineOf(join(folder, 'timeline.log'), options.log);
  const random = seededRandom(seed);
  const system = await chaosSystem({ folder, pathVariable, apis, workers, exchangeLatencyMs });
  try {
    await system.start();
    await system.redis.copy();
    timeline.say(`${system.processes.length + 1} processes are up`);
    const orders = startOrderStream({
      api: system.urls.api,
      ordersPerSecond: rate,
      random: random.fork(),
      acknowledgedFile,
    });
    const faults = await strikeUntil(system, random, options, timeline.say);
    timeline.say('everything is mended');
    const patience = AbortSignal.timeout(settleWithinMs);
    await orders.finish(patience);
    timeline.say('the last order was sent');
    const audit = await auditOnceSettled(system, acknowledgedFile, patience);
    const complaints = [...system.complaints, ...orders.complaints];
    const kept = audit.findings.length === 0 && audit.in_doubt === 0 && complaints.length === 0;
    return { kept, faults, audit, answers: orders.answers(), complaints };
  } finally {
    await system.stop();
    timeline.end();
  }
}

export const removeTraces = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

type Say = (line: string) => void;

function timelineOf(file: string, log: Say) {
  const begun = performance.now();
  const output = createWriteStream(file);
  const say = (line: string) => {
    const stamped = `${((performance.now() - begun) / 1_000).toFixed(1).padStart(7)} s  ${line}`;
    output.write(`${stamped}\n`);
    log(stamped);
  };
  return { say, end: () => output.end() };
}

/** Resolves to how often each kind of fault struck. Everything is taken back by then. */
async function strikeUntil(system: ChaosSystem, random: Random, options: ChaosOptions, say: Say) {
  const { minutes, faultsPerMinute, longestFreezeMs } = options;
  const end = performance.now() + 60_000 * minutes;
  const struck: Partial<Record<FaultKind, number>> = {};
  const lasting = new Set<{ mend: () => unknown; timer: NodeJS.Timeout }>();
  const strikes = new Set<Promise<unknown>>();
  const copying = setInterval(() => void system.redis.copy(), copyEveryMs);

  async function strike(): Promise<void> {
    const {
      name,
      kind,
      strike: strikeNow,
      lastsMs,
    } = planFault(random, { processes: system.processes, longestFreezeMs });
    try {
      const mend = await strikeNow(system);
      struck[kind] = (struck[kind] ?? 0) + 1;
      say(name);
      if (mend === null) return;
      const timer = setTimeout(() => {
        lasting.delete(entry);
        void Promise.try(mend).catch(() => undefined);
      }, lastsMs);
      const entry = { mend, timer };
      lasting.add(entry);
    } catch (error) {
      say(`missed: ${name} (${(error as Error).message})`);
    }
  }

  for (;;) {
    const pauseMs = ((0.4 + random.below(1_200) / 1_000) * 60_000) / faultsPerMinute;
    if (performance.now() + pauseMs > end) break;
    await sleep(pauseMs);
    const one = strike().finally(() => strikes.delete(one));
    strikes.add(one);
  }
  await sleep(Math.max(0, end - performance.now()));
  clearInterval(copying);
  await Promise.all(strikes);
  for (const { mend, timer } of lasting) {
    clearTimeout(timer);
    await Promise.try(mend).catch(() => undefined);
  }
  await untilDone(() => system.setFaults({ failure_rate: 0 }));
  return struck;
}

/** Rejects with the last failure when it is not done in the time that the system may take to settle. */
async function untilDone(step: () => Promise<unknown>): Promise<void> {
  for (const end = performance.now() + settleWithinMs; ; await sleep(retryMs)) {
    try {
      await step();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** The audit of the settled system; the last one there was, when it does not settle in time. */
async function auditOnceSettled(system: ChaosSystem, acknowledgedFile: string, patience: AbortSignal) {
  for (;;) {
    await untilNoneIsOpen(system.urls.api, patience);
    const connection = openEventStore({ url: system.urls.eventStore, log: silent, onStop: () => undefined });
    try {
      const report = await auditOrders({
        client: connection.client(),
        exchangeUrl: system.urls.exchange,
        acknowledged: createReadStream(acknowledgedFile, 'utf8'),
        patienceMs: auditPatienceMs,
        now: () => new Date(),
        settled: true,
      });
      if (report.open + report.in_doubt === 0 || patience.aborted) return report;
    } finally {
      await connection.close();
    }
    await sleep(auditPauseMs);
  }
}
