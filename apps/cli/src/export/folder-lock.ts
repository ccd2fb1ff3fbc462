// One writer in a folder, or any number of readers. The lock is SQLite's on an empty file: the system takes it back
// from a process that is killed, so nothing that is left behind ever has to be cleared away by hand.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UnusableInputError } from '../failures.ts';

export const lockName = '.lock';

/** Returns how to let go. Throws {@link UnusableInputError} while another export, or a query, is at it. */
export function lockToWrite(folder: string): () => void {
  const file = new DatabaseSync(join(folder, lockName), { timeout: 0 });
  // Nothing is ever written into it, and nothing beside it.
  const sql = 'PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE';
  return locked(file, sql, `${folder} is in use by another export, or by a query; try again after it`);
}

/** Throws {@link UnusableInputError} while an export is at it. A folder that was copied somewhere has no lock. */
export function lockToRead(folder: string): () => void {
  const name = join(folder, lockName);
  if (!existsSync(name)) return () => undefined;
  const file = new DatabaseSync(name, { timeout: 0, readOnly: true });
  // A transaction holds its lock from the first reading on.
  const busy = `an export to ${folder} is under way; try again after it`;
  return locked(file, 'BEGIN; SELECT count(*) FROM sqlite_schema', busy);
}

function locked(file: DatabaseSync, sql: string, busy: string): () => void {
  try {
    file.exec(sql);
  } catch (error) {
    file.close();
    if (/locked|busy/i.test(String(error))) throw new UnusableInputError(busy);
    throw error;
  }
  return () => file.close();
}
