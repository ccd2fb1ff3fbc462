// The log: one SQLite file. WAL with synchronous=FULL makes a returned COMMIT an fsync that came back; the exclusive
// lock makes this process the only writer. Everything is synchronous, so a page of reads or a group of appends is
// atomic.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { noEvents, type RecordedEvent, recordSize } from './events.ts';

export type Direction = 'forwards' | 'backwards';

/** `from` is included in both directions. */
export type PageRequest = Readonly<{ from: number; direction: Direction; limit?: number }>;

export type EventLog = Readonly<{
  /** The next events in this direction: as many as a page holds, at most `limit`. Empty only where there are none. */
  readStream: (stream: string, page: PageRequest) => RecordedEvent[];
  readAll: (page: PageRequest) => RecordedEvent[];
  /** Number of the newest event, {@link noEvents} without one. */
  lastNumber: (stream: string) => number;
  /** Id and position of one event. */
  find: (stream: string, number: number) => { id: string; position: number } | undefined;
  /** Position of the newest event, 0 without one. */
  lastPosition: () => number;
  /** The end of the log: every position handed out from now on is this or greater. Never 0. */
  endPosition: () => number;
  countEvents: () => number;
  insert: (event: RecordedEvent) => void;
  /** Runs `work` in one transaction; when this returns, what it wrote is on the disk. When it throws, nothing is. */
  transaction: <Result>(work: () => Result) => Result;
  close: () => void;
}>;

// What one page may take of the memory, and of the event loop: some hundred microseconds.
const pageEventsMax = 256;
const pageBytesMax = 1_048_576;

// The first position is not 0, because a subscription that starts after 0 would lose the event there.
const firstPosition = 64;

const schemaVersion = 1;
const schema = `
  CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    is_json INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    data BLOB NOT NULL,
    metadata BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream_id, number);
  PRAGMA user_version = ${schemaVersion};`;

/** Opens or creates the log in `dataFolder`. Throws, with one line, when another process has it open. */
export function openEventLog(dataFolder: string): EventLog {
  mkdirSync(dataFolder, { recursive: true });
  const db = openDatabase(join(dataFolder, 'events.sqlite'));
  const statements = prepareStatements(db);
  const streamId = (name: string) => statements.streamId.get(name)?.id as number | undefined;

  return {
    readStream: (stream, { from, direction, limit = pageEventsMax }) => {
      const id = streamId(stream);
      const events = Math.min(limit, pageEventsMax);
      return id === undefined ? [] : readPage(statements.readStream[direction].iterate(id, from, events));
    },
    readAll: ({ from, direction, limit = pageEventsMax }) =>
      readPage(statements.readAll[direction].iterate(from, Math.min(limit, pageEventsMax))),
    lastNumber: (stream) => (statements.lastNumber.get(stream)?.number ?? noEvents) as number,
    find: (stream, number) => statements.find.get(stream, number) as { id: string; position: number } | undefined,
    lastPosition: () => (statements.lastPosition.get()?.position ?? 0) as number,
    endPosition: () => {
      const [newest] = readPage(statements.readAll.backwards.iterate(Number.MAX_SAFE_INTEGER, 1));
      return newest === undefined ? firstPosition : newest.position + recordSize(newest.stream, newest);
    },
    countEvents: () => statements.count.get()?.events as number,
    insert: (event) => {
      const id = streamId(event.stream) ?? statements.insertStream.run(event.stream).lastInsertRowid;
      const { position, number, type, isJson, createdMs, data, metadata } = event;
      statements.insertEvent.run(position, id, number, event.id, type, Number(isJson), createdMs, data, metadata);
    },
    transaction: (work) => inTransaction(db, work),
    close: () => db.close(),
  };
}

function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    // Exclusive before WAL: the index of the WAL then lives in memory, and the lock is held until the process ends.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const version = db.prepare('PRAGMA user_version').get()?.user_version;
    if (version === 0) db.exec(`BEGIN EXCLUSIVE; ${schema} COMMIT`);
    else if (version !== schemaVersion)
      throw new Error(`${file} has format ${version}, this event store reads ${schemaVersion}`);
    else db.exec('BEGIN EXCLUSIVE; COMMIT');
    return db;
  } catch (err) {
    db.close();
    if (!isLocked(err)) throw err;
    throw new Error(`${file} is in use by another process: stop it, or set EVENT_STORE_DATA to another folder`);
  }
}

function isLocked(err: unknown): boolean {
  const sqliteBusy = 5; // In the lowest byte; SQLite puts the variety in the next one.
  const code = (err as { errcode?: number }).errcode ?? 0;
  return (code & 0xff) === sqliteBusy;
}

function prepareStatements(db: DatabaseSync) {
  // CROSS JOIN keeps SQLite on the order of the log, with one look-up of the name for each event.
  const events = `SELECT position, name AS stream, number, events.id AS id, type, is_json, created_ms, data, metadata
    FROM events CROSS JOIN streams ON streams.id = stream_id`;
  return {
    streamId: db.prepare('SELECT id FROM streams WHERE name = ?'),
    insertStream: db.prepare('INSERT INTO streams (name) VALUES (?)'),
    insertEvent: db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    lastNumber: db.prepare(
      'SELECT max(number) AS number FROM events WHERE stream_id = (SELECT id FROM streams WHERE name = ?)',
    ),
    lastPosition: db.prepare('SELECT max(position) AS position FROM events'),
    find: db.prepare(
      'SELECT id, position FROM events WHERE stream_id = (SELECT id FROM streams WHERE name = ?) AND number = ?',
    ),
    count: db.prepare('SELECT count(*) AS events FROM events'),
    readStream: {
      forwards: db.prepare(`${events} WHERE stream_id = ? AND number >= ? ORDER BY number LIMIT ?`),
      backwards: db.prepare(`${events} WHERE stream_id = ? AND number <= ? ORDER BY number DESC LIMIT ?`),
    },
    readAll: {
      forwards: db.prepare(`${events} WHERE position >= ? ORDER BY position LIMIT ?`),
      backwards: db.prepare(`${events} WHERE position <= ? ORDER BY position DESC LIMIT ?`),
    },
  };
}

function readPage(rows: Iterable<Record<string, SQLOutputValue>>): RecordedEvent[] {
  const page: RecordedEvent[] = [];
  let bytes = 0;
  for (const row of rows) {
    const event = toEvent(row);
    page.push(event);
    bytes += event.data.length + event.metadata.length;
    if (bytes >= pageBytesMax) break;
  }
  return page;
}

function toEvent(row: Record<string, SQLOutputValue>): RecordedEvent {
  return {
    position: row.position as number,
    stream: row.stream as string,
    number: row.number as number,
    id: row.id as string,
    type: row.type as string,
    isJson: row.is_json === 1,
    createdMs: row.created_ms as number,
    data: row.data as Uint8Array,
    metadata: row.metadata as Uint8Array,
  };
}

function inTransaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (err) {
    // After some errors, such as a full disk, SQLite has rolled back by itself.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw err;
  }
}
