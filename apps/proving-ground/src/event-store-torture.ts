// Kills the embedded event store again and again while it is written to, read and followed, and audits after it what
// it still knows. A kill leaves the memory of the operating system alone, so this proves the recovery and what is
// answered when, and not that the disk keeps what it was given.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '@orders/local-system/free-port';
import { describeExit, type ProcessExit } from '@orders/local-system/managed-process';
import { NotReadyError } from '@orders/local-system/readiness';
import { NoAnswerError, withinMs } from '@orders/order-store/deadline';
import { openEventStore } from '@orders/order-store/open-event-store';
import { createAudit } from './event-store-torture/audit.ts';
import { type DoomedServer, doomedServer } from './event-store-torture/doomed-server.ts';
import type { Violation } from './event-store-torture/history.ts';
import { startLoad, type WriterMessage } from './event-store-torture/load.ts';
import { readLog } from './event-store-torture/read-log.ts';
import { planStrike, type Strike } from './event-store-torture/strikes.ts';
import { seededRandom } from './seeded-random.ts';

export type TortureOptions = {
  kills: number;
  /** Decides the moments of the kills and the sizes of the appends; what the machine does in between stays chance. */
  seed: number;
  log: (line: string) => void;
};

export type TortureVerdict = {
  seed: number;
  kills: number;
  /** Kills of a server that had answered since its start, and owed answers. */
  killsInFlight: number;
  /** Kills within milliseconds of the moment when the write-ahead log began to be copied. */
  killsInCheckpoint: number;
  restarts: number;
  acknowledged: number;
  /** Appends whose outcome the writer did not learn, or only when it sent them again. */
  unknown: number;
  /** Appends that were stored although their writer never learnt it. */
  storedUnanswered: number;
  events: number;
  slowestRecoveryMs: number;
  violations: readonly Violation[];
  /** Kept, if there were violations. */
  dataFolder: string | null;
};

const killsPerAudit = 5;
const killsPerReport = 10;
/** Only bound what would otherwise wait for ever. */
const nextAnswerWithinMs = 60_000;
/** A slow machine may not get as far as a checkpoint: then it is a kill like any other. */
const checkpointWithinMs = 120_000;
const lastAnswersWithinMs = 120_000;
const lastShownWithinMs = 60_000;

export async function tortureEventStore({ kills, seed, log }: TortureOptions): Promise<TortureVerdict> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'event-store-torture-'));
  // Not a port that the system gives to outgoing connections: writers knock on it while nobody listens.
  const [port] = await freePorts(1);
  const run = createRun(doomedServer({ dataFolder, port }), seed);
  const { figures, violations } = run;
  const finding = () => ({ seed, ...figures(), violations });
  try {
    let reported = 0;
    while (figures().kills < kills - 1 && violations.length === 0) {
      await run.strike();
      const { kills: done } = figures();
      if (Math.floor(done / killsPerReport) === reported) continue;
      reported = Math.floor(done / killsPerReport);
      log(summarize(finding()));
    }
    await run.finish();
  } catch (error) {
    run.reportOrThrow(error);
  } finally {
    await run.end();
  }
  if (violations.length === 0) await rm(dataFolder, { recursive: true });
  return { ...finding(), dataFolder: violations.length === 0 ? null : dataFolder };
}

export function summarize(verdict: Omit<TortureVerdict, 'dataFolder'>): string {
  const { kills, killsInFlight, killsInCheckpoint, restarts, acknowledged, unknown, storedUnanswered, events } =
    verdict;
  return [
    `${kills} kills (${killsInFlight} with appends in flight, ${killsInCheckpoint} in a checkpoint)`,
    `${restarts} restarts`,
    `${acknowledged} appends acknowledged`,
    `${unknown} with an unknown outcome (${storedUnanswered} stored and never answered)`,
    `${events} events`,
    `slowest recovery ${verdict.slowestRecoveryMs.toFixed(0)} ms`,
    `${verdict.violations.length} violations`,
  ].join(', ');
}

function createRun(server: DoomedServer, seed: number) {
  const random = seededRandom(seed);
  const audit = createAudit();
  const reader = openEventStore({ url: server.url, log: { warn: () => {} }, onStop: () => {} });
  const figures = {
    kills: 0,
    killsInFlight: 0,
    killsInCheckpoint: 0,
    restarts: -1,
    acknowledged: 0,
    unknown: 0,
    slowestRecoveryMs: 0,
  };
  let answersSinceStart = 0;
  let killsAtLastAudit = 0;
  let lastRecoveryMs = 0;
  let onAnswer = () => {};

  function hear(message: WriterMessage): void {
    if (message.kind === 'answered') {
      figures.acknowledged += 1;
      answersSinceStart += 1;
      audit.answered(message.answer);
      onAnswer();
    } else if (message.kind === 'unknown') {
      figures.unknown += 1;
    } else if (message.kind === 'refused') {
      const expected = `${message.append} after ${message.expected}`;
      audit.report({ rule: 'a stream is as it was answered', expected, found: `refused, at ${message.found}` });
    }
  }

  const load = startLoad({ url: server.url, random: random.fork(), onWriterMessage: hear, onShown: audit.shown });
  const orFailure = <Result>(work: Promise<Result>) => Promise.race([work, load.failed]);

  function start(): void {
    answersSinceStart = 0;
    figures.restarts += 1;
    server.start();
  }

  async function startUntilReady(): Promise<void> {
    start();
    lastRecoveryMs = await server.ready();
    figures.slowestRecoveryMs = Math.max(figures.slowestRecoveryMs, lastRecoveryMs);
  }

  async function auditLog({ whole }: { whole: boolean }): Promise<void> {
    // Or a reader that is slower than the writers would not come to an end.
    load.suspendWriting();
    const pass = audit.beginPass({ whole });
    await orFailure(readLog(reader.client(), whole ? undefined : audit.lastPosition(), pass.event));
    pass.end();
    load.resumeWriting();
    killsAtLastAudit = figures.kills;
  }

  async function kill({ shutdownMayWin = false } = {}): Promise<void> {
    const inFlight = answersSinceStart > 0 && load.appendsInFlight() > 0;
    const exit = await server.kill();
    if (shutdownMayWin && exit.code === 0) return;
    expectExit(exit, { code: null, signal: 'SIGKILL' });
    figures.kills += 1;
    if (inFlight) figures.killsInFlight += 1;
  }

  function expectExit(found: ProcessExit, expected: ProcessExit): void {
    if (found.code === expected.code && found.signal === expected.signal) return;
    const ended = `${describeExit(found)}; it said: ${server.lastWords()}`;
    audit.report({ rule: 'the event store ends as it is told', expected: describeExit(expected), found: ended });
  }

  async function nextAnswer(): Promise<void> {
    const answer = Promise.withResolvers<void>();
    onAnswer = answer.resolve;
    await orFailure(withinMs(nextAnswerWithinMs, answer.promise));
  }

  async function startUntilAnswering(): Promise<void> {
    await startUntilReady();
    if (figures.kills - killsAtLastAudit >= killsPerAudit) await auditLog({ whole: false });
    await nextAnswer();
  }

  async function carryOut(strike: Strike): Promise<void> {
    if (strike.kind === 'kill while starting') {
      start();
      await orFailure(sleep(strike.share * lastRecoveryMs));
      return kill();
    }
    if (strike.kind === 'kill when ready') await startUntilReady();
    else await startUntilAnswering();
    if (strike.kind === 'kill in a checkpoint') {
      const begun = await orFailure(server.checkpoint({ withinMs: checkpointWithinMs }));
      if (begun) figures.killsInCheckpoint += 1;
    }
    await orFailure(sleep(strike.afterMs));
    switch (strike.kind) {
      case 'kill when ready':
      case 'kill at work':
      case 'kill in a checkpoint':
        return kill();
      case 'kill at an answer':
        await nextAnswer();
        return kill();
      case 'kill while stopping':
        server.terminate();
        await orFailure(sleep(strike.afterSignalMs));
        return kill({ shutdownMayWin: true });
      case 'stop':
        return expectExit(await server.stop(), { code: 0, signal: null });
    }
  }

  /** Lets every writer have its last answer, then kills once more, so that the last audit is of what was recovered. */
  async function finish(): Promise<void> {
    await startUntilReady();
    await orFailure(withinMs(lastAnswersWithinMs, load.stopWriting()));
    await kill();
    await startUntilReady();
    await auditLog({ whole: true });
    const patienceEnds = performance.now() + lastShownWithinMs;
    const isBehind = () => audit.violations.length === 0 && audit.shownEvents() < audit.events();
    while (isBehind() && performance.now() < patienceEnds) await orFailure(sleep(20));
    audit.endOfSubscription();
  }

  return {
    strike: () => carryOut(planStrike(random)),
    finish,
    /** A server that does not start again, or does not answer, is a finding; anything else is a failure of the run. */
    reportOrThrow(error: unknown) {
      if (!(error instanceof NotReadyError || error instanceof NoAnswerError)) throw error;
      const found = `${error.message}; it said: ${server.lastWords()}`;
      audit.report({ rule: 'the event store is back after a restart', expected: 'a server that answers', found });
    },
    violations: audit.violations,
    figures: () => ({ ...figures, events: audit.events(), storedUnanswered: audit.storedUnanswered() }),
    async end() {
      await load.end();
      await reader.close().catch(() => undefined);
      await server.kill();
    },
  };
}
