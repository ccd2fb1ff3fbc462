// The log: one SQLite file in WAL mode, written by this process alone. A transaction is there for the next one at once;
// readers are shown it after `sync` has brought it to the disk, so that nobody acts on what a power failure takes back.
// Transactions and pages are synchronous, and so atomic.
import { statSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { createCheckpointer } from './checkpointer.ts';
import { explained, type LogDatabase, openDatabase } from './database.ts';
import type { AroundStep } from './durable-steps.ts';
import { noEvents, type RecordedEvent, recordSize } from './events.ts';
import { createRecentEvents } from './recent-events.ts';
import { checksumOf, DamagedRecordError } from './record-checksum.ts';
import { openWalSync } from './wal-sync.ts';

export type Direction = 'forwards' | 'backwards';

/** `from` is included in both directions. */
export type PageRequest = Readonly<{ from: number; direction: Direction; limit?: number | undefined }>;

/** `createdFromMs` leaves older events out. */
export type StreamPageRequest = PageRequest & Readonly<{ createdFromMs?: number | undefined }>;

/** Reads throw a DamagedRecordError, or what SQLite reports, when the file is damaged. */
export type EventLog = Readonly<{
  /** The next events in this direction: as many as a page holds, at most `limit`. Empty only where there are none. */
  readStream: (stream: string, page: StreamPageRequest) => RecordedEvent[];
  readAll: (page: PageRequest) => RecordedEvent[];
  /** Number of the newest event, {@link noEvents} without one. */
  lastNumber: (stream: string) => number;
  /** Position of the newest event, 0 without one. */
  lastPosition: () => number;
  figures: () => LogFigures;
  /** As a transaction sees the stream: with all that was written, be it on the disk or not. */
  written: Readonly<{
    lastNumber: (stream: string) => number;
    newest: (stream: string) => RecordedEvent | undefined;
    /** Id, position and time of one event. */
    find: (stream: string, number: number) => EventKey | undefined;
    /** The end of the log: the position of the next event. Never 0. */
    endPosition: () => number;
  }>;
  /** To be called within a transaction. */
  insert: (event: Omit<RecordedEvent, 'position'>) => RecordedEvent;
  /** Runs `work` in one transaction. When it throws, nothing of it is kept. */
  transaction: <Result>(work: () => Result) => Result;
  /** Brings all transactions to the disk, then shows them to readers. Rejects when the disk does not take them. */
  sync: () => Promise<void>;
  close: () => Promise<void>;
}>;

/** `streams` counts metadata streams as well; `bytes` is what the files take on the disk. */
export type LogFigures = Readonly<{ events: number; streams: number; bytes: number }>;

export type EventKey = Readonly<{ id: string; position: number; createdMs: number }>;

// What one page may take of the memory, and of the event loop: some hundred microseconds.
const pageEventsMax = 64;
const pageBytesMax = 1_048_576;

// The first position is not 0, because a subscription that starts after 0 would lose the event there.
export const firstPosition = 64;

type EventLogOptions = { onCheckpointFailed?: (cause: unknown) => void; aroundStep?: AroundStep };

/** Opens or creates the log in `dataFolder`. Throws an UnusableFolderError. */
export function openEventLog(dataFolder: string, options: EventLogOptions = {}): EventLog {
  const { onCheckpointFailed = () => {}, aroundStep = (_step, run) => run } = options;
  const database = openDatabase(dataFolder);
  const { db, file } = database;
  const { statements, ...found } = survey(database);
  let written = found;
  /** Readers see what lies below this position. */
  let visibleEnd = written.end;
  let syncedEvents = written.events;
  const recent = createRecentEvents();
  const wal = openWalSync(file);
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  const finish = aroundStep('checkpoint', () => checkpoint.get());
  const checkpointer = createCheckpointer({ file, finish, onFailed: onCheckpointFailed });

  const lastNumber = (stream: string, end: number) =>
    (statements.lastNumber.get(stream, end)?.number ?? noEvents) as number;

  function readStream(stream: string, page: StreamPageRequest, end: number): RecordedEvent[] {
    const { from, direction, limit = pageEventsMax, createdFromMs = 0 } = page;
    const events = Math.min(limit, pageEventsMax);
    return readPage(statements.readStream[direction].iterate(stream, from, end, createdFromMs, events));
  }

  function insertStream(name: string): number | bigint {
    written.streams += 1;
    return statements.insertStream.run(name).lastInsertRowid;
  }

  return {
    readStream: (stream, page) => readStream(stream, page, visibleEnd),
    readAll: ({ from, direction, limit = pageEventsMax }) => {
      const events = Math.min(limit, pageEventsMax);
      const page = direction === 'forwards' ? recent.read(from, visibleEnd, events, pageBytesMax) : undefined;
      return page ?? readPage(statements.readAll[direction].iterate(from, visibleEnd, events));
    },
    lastNumber: (stream) => lastNumber(stream, visibleEnd),
    lastPosition: () => (statements.lastPosition.get(visibleEnd)?.position ?? 0) as number,
    figures: () => {
      const { events, streams } = written;
      const bytesOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      return { events, streams, bytes: bytesOf(file) + bytesOf(`${file}-wal`) };
    },
    written: {
      lastNumber: (stream) => lastNumber(stream, everything),
      newest: (stream) => {
        // Most streams have no metadata stream, and each append asks: not to be there must cost next to nothing.
        if (statements.streamId.get(stream) === undefined) return undefined;
        return readStream(stream, { from: everything, direction: 'backwards', limit: 1 }, everything)[0];
      },
      find: (stream, number) => statements.find.get(stream, number) as EventKey | undefined,
      endPosition: () => written.end,
    },
    insert: (event) => {
      const recorded = { ...event, position: written.end };
      const { position, stream, number, id, type, isJson, createdMs, data, metadata } = recorded;
      const streamId = statements.streamId.get(stream)?.id ?? insertStream(stream);
      const sum = checksumOf(recorded);
      statements.insertEvent.run(position, streamId, number, id, type, Number(isJson), createdMs, data, metadata, sum);
      written.end += recordSize(stream, event);
      written.events += 1;
      recent.add(recorded);
      return recorded;
    },
    transaction: aroundStep('write-transaction', (work) => {
      const before = { ...written };
      try {
        return inTransaction(db, work);
      } catch (err) {
        written = before;
        recent.forgetFrom(before.end);
        throw err;
      }
    }),
    sync: aroundStep('sync', async () => {
      const { end, events } = written;
      await wal.sync();
      checkpointer.committed(events - syncedEvents, end - visibleEnd);
      syncedEvents = events;
      visibleEnd = end;
    }),
    close: async () => {
      await checkpointer.close();
      wal.close();
      database.close();
    },
  };
}

const everything = Number.MAX_SAFE_INTEGER;

/** What the log holds. It goes on behind its newest record, so that has to be whole. */
function survey({ db, folder, close }: LogDatabase) {
  try {
    return explained(folder, () => {
      const statements = prepareStatements(db);
      const [newest] = readPage(statements.readAll.backwards.iterate(everything, everything, 1));
      const end = newest === undefined ? firstPosition : newest.position + recordSize(newest.stream, newest);
      return { statements, end, events: count(statements.countEvents), streams: count(statements.countStreams) };
    });
  } catch (err) {
    close();
    throw err;
  }
}

const count = (statement: StatementSync) => statement.get()?.count as number;

const columns = `SELECT position, name AS stream, number, events.id AS id, type, is_json, created_ms, data, metadata,
  checksum`;
// CROSS JOIN keeps SQLite on the order of the log, with one look-up of the name for each event.
const allEvents = `${columns} FROM events CROSS JOIN streams ON streams.id = stream_id`;
const eventsOfStream = `${columns} FROM streams CROSS JOIN events ON streams.id = stream_id WHERE name = ?`;

function prepareStatements(db: DatabaseSync) {
  return {
    streamId: db.prepare('SELECT id FROM streams WHERE name = ?'),
    insertStream: db.prepare('INSERT INTO streams (name) VALUES (?)'),
    insertEvent: db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    lastNumber: db.prepare(
      `SELECT number FROM events WHERE stream_id = (SELECT id FROM streams WHERE name = ?) AND position < ?
      ORDER BY number DESC LIMIT 1`,
    ),
    lastPosition: db.prepare('SELECT max(position) AS position FROM events WHERE position < ?'),
    find: db.prepare(
      `SELECT id, position, created_ms AS createdMs FROM events
      WHERE stream_id = (SELECT id FROM streams WHERE name = ?) AND number = ?`,
    ),
    countEvents: db.prepare('SELECT count(*) AS count FROM events'),
    countStreams: db.prepare('SELECT count(*) AS count FROM streams'),
    readStream: {
      forwards: db.prepare(
        `${eventsOfStream} AND number >= ? AND position < ? AND created_ms >= ? ORDER BY number LIMIT ?`,
      ),
      backwards: db.prepare(
        `${eventsOfStream} AND number <= ? AND position < ? AND created_ms >= ? ORDER BY number DESC LIMIT ?`,
      ),
    },
    readAll: {
      forwards: db.prepare(`${allEvents} WHERE position >= ? AND position < ? ORDER BY position LIMIT ?`),
      backwards: db.prepare(`${allEvents} WHERE position <= ? AND position < ? ORDER BY position DESC LIMIT ?`),
    },
  };
}

function readPage(rows: Iterable<Row>): RecordedEvent[] {
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

function toEvent(row: Row): RecordedEvent {
  const record = toRecord(row);
  if (!record.isIntact) throw new DamagedRecordError(record.event);
  return record.event;
}

/** All records in the order of the log, the damaged ones too. */
export function* readRecords(db: DatabaseSync): Generator<StoredRecord> {
  for (const row of db.prepare(`${allEvents} ORDER BY position`).iterate()) yield toRecord(row);
}

type Row = Record<string, SQLOutputValue>;
type StoredRecord = { event: RecordedEvent; isIntact: boolean };

function toRecord(row: Row): StoredRecord {
  const event: RecordedEvent = {
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
  return { event, isIntact: checksumOf(event) === row.checksum };
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
