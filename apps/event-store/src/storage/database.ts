// Opens the file of the log, or creates it, for this process alone. What is there and cannot be understood is reported
// and left as it is: a store that quietly began anew would turn a damaged disk into lost orders.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DamagedRecordError } from './record-checksum.ts';

/** The data folder cannot be used; the message says what was found, and what to do. */
export class UnusableFolderError extends Error {
  override readonly name = 'UnusableFolderError';
}

export type LogDatabase = Readonly<{ db: DatabaseSync; folder: string; file: string; close: () => void }>;

const applicationId = 0x6f72_6465; // "orde": marks a SQLite file as a log of this event store.
const schemaVersion = 2;
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
    metadata BLOB NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream_id, number);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};`;

/** Without `create`, a folder that holds no log is unusable. Throws {@link UnusableFolderError}. */
export function openDatabase(folder: string, { create = true } = {}): LogDatabase {
  const file = join(folder, 'events.sqlite');
  const lock = explained(folder, () => {
    makeFolder(folder);
    return holdLock(folder);
  });
  try {
    const db = explained(folder, () => {
      if (!existsSync(file)) {
        if (!create) throw new UnusableFolderError(`there is no ${file}`);
        createDatabase(folder, file);
      }
      return openExisting(file);
    });
    return {
      db,
      folder,
      file,
      close: () => {
        db.close();
        lock.close();
      },
    };
  } catch (err) {
    lock.close();
    throw err;
  }
}

// Node's own recursive variant never returns where the kernel makes no folders, such as below /proc.
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
  syncFolder(dirname(folder));
}

/** Brings to the disk which files a folder has; what is in them is another matter. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

// A lock in a file of its own leaves the file of the log open for the thread that writes the checkpoints. The kernel
// drops it with the process, however that ends.
function holdLock(folder: string): DatabaseSync {
  const lock = new DatabaseSync(join(folder, 'events.lock'));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; COMMIT');
    return lock;
  } catch (err) {
    lock.close();
    throw err;
  }
}

// Under another name until it is whole: whatever stands under the name of the log was once a complete log.
function createDatabase(folder: string, file: string): void {
  for (const companion of [`${file}-wal`, `${file}-journal`]) {
    if (existsSync(companion)) throw new UnusableFolderError(`${file} is missing, but ${companion} is there`);
  }
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  const db = new DatabaseSync(unfinished);
  try {
    db.exec(`PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; BEGIN; ${schema} COMMIT`);
  } finally {
    db.close();
  }
  renameSync(unfinished, file);
  syncFolder(folder);
}

function openExisting(file: string): DatabaseSync {
  const bytesFound = statSync(file).size;
  if (bytesFound === 0) throw new UnusableFolderError(`${file} is empty, which a log never is`);
  const db = new DatabaseSync(file);
  try {
    const found = db.prepare('PRAGMA application_id').get()?.application_id;
    if (found !== applicationId) throw new UnusableFolderError(`${file} is a SQLite database, but not an event store`);
    const version = db.prepare('PRAGMA user_version').get()?.user_version;
    if (version !== schemaVersion)
      throw new UnusableFolderError(`${file} has format ${version}, this event store reads format ${schemaVersion}`);
    // NORMAL: the log itself waits for the disk before it answers, without keeping the event loop from its work.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
    // What a killed process committed, but did not see on the disk, is brought there before anybody is shown it.
    db.exec('BEGIN IMMEDIATE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
    return db;
  } catch (err) {
    db.close();
    throw err;
  }
}

/** What `open` throws says less than what an operator needs: which folder, what was found there, what to do. */
export function explained<Result>(folder: string, open: () => Result): Result {
  try {
    return open();
  } catch (err) {
    throw new UnusableFolderError(`${explanation(folder, err)}. ${remedy(err)}`, { cause: err });
  }
}

// In the lowest byte of SQLite's codes; the variety is in the next one.
const sqlite = { busy: 5, corrupt: 11, notADatabase: 26 } as const;

const sqliteCode = (err: unknown) => ((err as { errcode?: number }).errcode ?? 0) & 0xff;

function explanation(folder: string, err: unknown): string {
  if (err instanceof UnusableFolderError) return err.message;
  if (err instanceof DamagedRecordError) return `${join(folder, 'events.sqlite')} is damaged: ${err.message}`;
  const found = (err as Error).message;
  switch (sqliteCode(err)) {
    case sqlite.busy:
      return `${folder} is in use by another process`;
    case sqlite.corrupt:
    case sqlite.notADatabase:
      return `${join(folder, 'events.sqlite')} is damaged: ${found}`;
    default:
      return `${folder} cannot be used: ${found}`;
  }
}

function remedy(err: unknown): string {
  const code = sqliteCode(err);
  if (code === sqlite.busy) return 'Stop that process, or choose another folder';
  const isFound = err instanceof UnusableFolderError || err instanceof DamagedRecordError;
  const isDamage = isFound || code === sqlite.corrupt || code === sqlite.notADatabase;
  return isDamage
    ? 'It was left as it is: restore the folder from a copy, or choose another one'
    : 'Choose a folder that this user may write to, on a disk with room';
}
