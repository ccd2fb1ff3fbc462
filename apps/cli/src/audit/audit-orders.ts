// Holds against each other what clients were told, what the event store holds and what stands at the exchange, in a
// system that may go on working meanwhile. The order of the readings is what makes that sound: first the promises, then
// the log up to its end of that moment, then the ledger. Whatever was promised must be in that part of the log, and
// whatever that part calls submitted must be in the ledger. Only what the ledger has beyond that may be younger than
// the log that was read; so the log is read on, for a while, before it becomes a finding.
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { LogPosition } from '@orders/order-store/order-store';
import { readOrderLog } from '@orders/order-store/read-log';
import { readLogEnd } from '@orders/order-store/store-identity';
import { formatAge } from '../age.ts';
import { UnreachableError } from '../failures.ts';
import { readAcknowledgements } from './acknowledgements.ts';
import type { AuditReport, Finding } from './audit-report.ts';
import { type AuditTables, openAuditTables } from './audit-tables.ts';
import { type AuditTally, newTally } from './audit-tally.ts';
import { readLedger } from './exchange-ledger.ts';
import { judgeOrder } from './judge-order.ts';

export type AuditOptions = {
  client: EventStoreDBClient;
  /** Base URL, such as `http://127.0.0.1:8600`. */
  exchangeUrl: string;
  /** Text of NDJSON, in pieces of any size; `null` when nothing is known of what clients were told. */
  acknowledged: AsyncIterable<string> | null;
  /** How long what stands at the exchange may stay without an explanation in the log. */
  patienceMs: number;
  now: () => Date;
  /** Whether nothing should be open any more: then an open order is a finding. */
  settled?: boolean;
};

/**
 * Throws `UnusableInputError` for acknowledgements that cannot be read, and {@link UnreachableError} when the event
 * store or the exchange do not answer, or not to the end.
 */
export async function auditOrders(options: AuditOptions): Promise<AuditReport> {
  const tables = openAuditTables();
  try {
    return await auditWith(tables, options);
  } finally {
    tables.close();
  }
}

/** What an audit has to say, in one line. */
export function summaryLine(report: AuditReport): string {
  const { acknowledged, stored, placed, lost, duplicated, unexplained, open, oldest_open_s, in_doubt } = report;
  const oldest = oldest_open_s === null ? '' : ` (oldest ${formatAge(oldest_open_s)})`;
  return [
    `${acknowledged} acknowledged`,
    `${stored} stored`,
    `${placed} placed`,
    `${lost} lost`,
    `${duplicated} duplicated`,
    `${unexplained} unexplained`,
    `${open} open${oldest}`,
    `${in_doubt} in doubt`,
  ].join(' · ');
}

async function auditWith(tables: AuditTables, options: AuditOptions): Promise<AuditReport> {
  const { client, exchangeUrl, acknowledged, now } = options;
  if (acknowledged !== null) for await (const told of readAcknowledgements(acknowledged)) tables.acknowledge(told);
  const cut = await foldLog(tables, client, null);
  const cutAt = now();
  for await (const entry of readLedger(exchangeUrl)) tables.enter(entry);

  const tally = newTally(options.settled ?? false);
  await judgeAll(tables, tally);
  for (const { key, first, last } of tables.sharedKeys()) tally.find([sharedKeyFinding(key, first, last)]);
  await judgeSuspects(tables, tally, cut, options);
  const { oldestOpen, ...counts } = tally.counts();
  return {
    acknowledged: tables.acknowledgedOrders(),
    placed: tables.placedOrders(),
    ...counts,
    oldest_open_s: oldestOpen === null ? null : Math.max(0, (cutAt.getTime() - Date.parse(oldestOpen)) / 1_000),
    cut: cut === null ? null : String(cut.commit),
    findings: tally.findings,
  };
}

/** Up to the end of the log as it is now, which is what it resolves to; `null` for an empty log. */
async function foldLog(tables: AuditTables, client: EventStoreDBClient, from: LogPosition | null) {
  try {
    const end = await readLogEnd(client);
    if (end !== null) for await (const page of readOrderLog({ client, from, to: end })) tables.fold(page);
    return end;
  } catch (error) {
    throw new UnreachableError('the event store', error);
  }
}

// A stretch of judging that nothing else in the process waits for long.
const judgedAtOnce = 1_000;

async function judgeAll(tables: AuditTables, tally: AuditTally): Promise<void> {
  let judged = 0;
  for (const evidence of tables.evidence()) {
    const { findings, isSuspect } = judgeOrder(evidence);
    tally.note(evidence);
    if (isSuspect) tables.suspect(evidence.id);
    else tally.find(findings);
    judged += 1;
    if (judged % judgedAtOnce === 0) await turn();
  }
}

const firstPauseMs = 250;
const pauseMsMax = 2_000;

async function judgeSuspects(tables: AuditTables, tally: AuditTally, cut: LogPosition | null, options: AuditOptions) {
  const patientUntil = performance.now() + options.patienceMs;
  let reached = cut;
  for (let pauseMs = firstPauseMs; tables.suspects() > 0; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
    const leftMs = patientUntil - performance.now();
    // The last look comes when the time is up, not before.
    await sleep(Math.max(0, Math.min(pauseMs, leftMs)));
    reached = (await foldLog(tables, options.client, reached)) ?? reached;
    await judgeSuspectsOnce(tables, tally, leftMs <= pauseMs);
  }
}

async function judgeSuspectsOnce(tables: AuditTables, tally: AuditTally, isLastLook: boolean): Promise<void> {
  let after = '';
  for (;;) {
    const evidences = tables.suspectEvidence(after, judgedAtOnce);
    for (const evidence of evidences) {
      const { findings, isSuspect } = judgeOrder(evidence);
      after = evidence.id;
      if (isSuspect && !isLastLook) continue;
      tally.find(findings);
      tables.clear(evidence.id);
    }
    if (evidences.length < judgedAtOnce) return;
    await turn();
  }
}

function sharedKeyFinding(key: string, first: string, last: string): Finding {
  const reason = `Acknowledged for the same account and idempotency key as ${first}: ${key.slice(0, 100)}.`;
  return { kind: 'duplicated', id: last, reason };
}
