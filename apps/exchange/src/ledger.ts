// The orders that stand at the exchange, one row each, never changed. A row is reported only after its commit has been
// synced to disk, so a SIGKILL at any instant loses nothing that was answered, and an audit may trust what it reads.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { ExchangeOrder } from '@orders/stock-exchange/exchange';
import type { AcceptedOrder } from '@orders/stock-exchange/exchange-protocol';
import { groupCommit } from './group-commit.ts';

/** `sequence` counts from 1 without a gap, in the order of acceptance. */
export type LedgerEntry = { sequence: number } & AcceptedOrder;
export type Recorded = { entry: LedgerEntry; isNew: boolean };

export type Ledger = {
  /** Resolves after the commit, with the entry that has the client order id: an earlier one if there is one. */
  record: (order: ExchangeOrder) => Promise<Recorded>;
  find: (clientOrderId: string) => LedgerEntry | undefined;
  /** Up to `limit` entries above the sequence `after`. */
  page: (range: { after: number; limit: number }) => LedgerEntry[];
  /** Number of entries, which is also the sequence of the last one. */
  size: () => number;
  /** Commits what is waiting, then releases the folder. */
  close: () => void;
};

/** The folder cannot be used, because another process has it or because it is not readable. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/** Opens, or creates, the ledger in `folder`. Throws {@link LedgerError} while another process has it open. */
export function openLedger(folder: string): Ledger {
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, 'ledger.sqlite'), { timeout: 0 });
  try {
    return ledgerOver(db);
  } catch (cause) {
    db.close();
    throw new LedgerError(`cannot open the ledger in ${folder}; is another exchange using it?`, { cause });
  }
}

/** A ledger in a database that it has to itself. After a write that failed, all calls fail with `CommitError`. */
export function ledgerOver(db: DatabaseSync): Ledger {
  prepareDatabase(db);
  const byClientOrderId = db.prepare('SELECT * FROM orders WHERE client_order_id = ?');
  const above = db.prepare('SELECT * FROM orders WHERE sequence > ? ORDER BY sequence LIMIT ?');
  const last = db.prepare('SELECT max(sequence) AS sequence FROM orders');
  const { submit, flush, throwIfFailed } = groupCommit(db, writerOf(db, find));

  function find(clientOrderId: string): LedgerEntry | undefined {
    throwIfFailed();
    const row = byClientOrderId.get(clientOrderId);
    return row && toEntry(row);
  }

  return {
    record: submit,
    find,
    page: ({ after, limit }) => {
      throwIfFailed();
      return above.all(after, limit).map(toEntry);
    },
    size: () => {
      throwIfFailed();
      return Number(last.get()?.sequence ?? 0);
    },
    close: () => {
      flush();
      db.close();
    },
  };
}

function writerOf(db: DatabaseSync, find: Ledger['find']) {
  const insert = db.prepare(
    `INSERT INTO orders (exchange_order_id, client_order_id, type, side, instrument, limit_price, quantity, accepted_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client_order_id) DO NOTHING`,
  );
  return ({ clientOrderId, terms }: ExchangeOrder): Recorded => {
    const { type, side, instrument, limit_price, quantity } = terms;
    const acceptedAt = new Date().toISOString();
    const columns = [randomUUID(), clientOrderId, type, side, instrument, limit_price, quantity, acceptedAt];
    const { changes } = insert.run(...columns);
    const entry = find(clientOrderId);
    assert(entry, `order ${clientOrderId} is not in the ledger that it was written to`);
    return { entry, isNew: changes === 1 };
  };
}

function prepareDatabase(db: DatabaseSync) {
  // The lock is taken with the first transaction, and kept: a second process must not hand out sequences too.
  db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS orders (
      sequence INTEGER PRIMARY KEY,
      exchange_order_id TEXT NOT NULL UNIQUE,
      client_order_id TEXT NOT NULL UNIQUE,
      type TEXT NOT NULL,
      side TEXT NOT NULL,
      instrument TEXT NOT NULL,
      limit_price TEXT,
      quantity INTEGER NOT NULL,
      accepted_at TEXT NOT NULL
    ) STRICT;
    COMMIT`);
}

// The statements give objects without a prototype, which no deep comparison finds equal to anything.
const toEntry = (row: Record<string, SQLOutputValue>) => ({ ...row }) as LedgerEntry;
