// Reads a whole log and compares it with everything that must hold: SQLite's own structure, the checksum of each
// record, positions that follow one another without a gap, and streams that are numbered without one.
import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase, UnusableFolderError } from './database.ts';
import { firstPosition, readRecords } from './event-log.ts';
import { recordSize, tombstoneNumber } from './events.ts';

export type Verdict = Readonly<{ isWhole: boolean }>;

/** More is not worth reading: the log has to be restored. */
const findingsMax = 100;

/** Tells `report` what it finds, a line each, and at last what it has read. Changes nothing. */
export function verifyLog(dataFolder: string, report: (line: string) => void): Verdict {
  const findings: string[] = [];
  const find = (finding: string) => {
    if (findings.push(finding) <= findingsMax) report(finding);
  };
  let events = 0;
  try {
    if (!existsSync(dataFolder)) throw new UnusableFolderError(`there is no folder ${dataFolder}`);
    const { db, close } = openDatabase(dataFolder, { create: false });
    try {
      for (const problem of structureProblems(db)) find(problem);
      events = verifyRecords(db, find);
    } finally {
      close();
    }
  } catch (err) {
    if (!(err instanceof UnusableFolderError) && !('errcode' in (err as object))) throw err;
    find((err as Error).message);
  }
  report(`${events} events read, ${findings.length === 0 ? 'no damage found' : `${findings.length} findings`}`);
  return { isWhole: findings.length === 0 };
}

function structureProblems(db: DatabaseSync): string[] {
  const rows = db.prepare(`PRAGMA integrity_check(${findingsMax})`).all();
  return rows.map((row) => String(row.integrity_check)).filter((text) => text !== 'ok');
}

function verifyRecords(db: DatabaseSync, find: (finding: string) => void): number {
  let events = 0;
  let expectedPosition = firstPosition;
  for (const { event, isIntact } of readRecords(db)) {
    events += 1;
    const { position, stream, number } = event;
    if (!isIntact) find(`position ${position}: event ${number} of "${stream}" does not match its checksum`);
    if (position !== expectedPosition)
      find(`position ${position}: the record before it ends at ${expectedPosition}, so something is missing`);
    expectedPosition = position + recordSize(stream, event);
  }
  for (const { name, events: count, last } of streamCounts(db)) {
    if (count !== Number(last) + 1) find(`stream "${name}" has ${count} events, but the last one is number ${last}`);
  }
  return events;
}

function streamCounts(db: DatabaseSync) {
  return db
    .prepare(
      `SELECT name, count(*) AS events, max(number) AS last FROM events JOIN streams ON streams.id = stream_id
      WHERE number < ${tombstoneNumber} GROUP BY stream_id`,
    )
    .iterate();
}
