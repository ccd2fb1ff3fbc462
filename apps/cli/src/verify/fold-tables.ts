// The views of a fresh fold, on disk: a temporary database of SQLite, which the system deletes while it is still open,
// so that nothing is left behind however the command ends. Memory is bounded by its cache, and Redis, which may have
// no room for a second read model, is spared.
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { LogPosition } from '@orders/order-store/order-store';
import { indexNames } from '@orders/read-model/keys';
import type { OrderView } from '@orders/read-model/order-view';
import type { ViewChange } from '@orders/read-model/projection-commit';
import type { ViewStore } from './fold-log.ts';
import type { ExpectedModel } from './order-judge.ts';

const cacheKib = 65_536;
const pageSize = 500;
// Most orders have come to their end when so many others have changed after them, and are written once.
const usualUnwrittenMax = 8_000;

export type FoldTables = {
  views: ViewStore;
  expected: (position: LogPosition | null) => ExpectedModel;
  close: () => void;
};

export function openFoldTables({ unwrittenMax = usualUnwrittenMax } = {}): FoldTables {
  // Without a name, a database is temporary.
  const db = new DatabaseSync('');
  db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -${cacheKib}`);
  db.exec(`CREATE TABLE views (id TEXT PRIMARY KEY, account TEXT NOT NULL, instrument TEXT NOT NULL,
    view TEXT NOT NULL) STRICT, WITHOUT ROWID`);
  // One for everything, and never committed: nothing of this outlives the process.
  db.exec('BEGIN');
  const select = db.prepare('SELECT view FROM views WHERE id = ?');
  const upsert = db.prepare('INSERT INTO views VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET view = excluded.view');
  const page = db.prepare('SELECT id, view FROM views WHERE id > ? ORDER BY id LIMIT ?');

  const unwritten = new Map<string, OrderView>();

  /** The orders that have not changed for longest; by their ids, so that neighbours are written together. */
  function write(count: number): void {
    const some = unwritten.values().take(count).toArray();
    for (const view of some.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      upsert.run(view.id, view.account_id, view.instrument, JSON.stringify(view));
      unwritten.delete(view.id);
    }
  }

  async function load(ids: readonly string[]): Promise<Map<string, OrderView>> {
    const views = new Map<string, OrderView>();
    for (const id of ids) {
      const view = unwritten.get(id) ?? viewIn(select.get(id));
      if (view !== null) views.set(id, view);
    }
    return views;
  }

  async function save(changes: readonly ViewChange[]): Promise<void> {
    for (const { id, after } of changes) {
      unwritten.delete(id);
      if (after !== null) unwritten.set(id, after);
    }
    if (unwritten.size > unwrittenMax) write(unwrittenMax / 2);
  }

  async function* pages(): AsyncGenerator<OrderView[]> {
    for (let after = ''; ; ) {
      const rows = page.all(after, pageSize);
      if (rows.length === 0) return;
      yield rows.flatMap((row) => viewIn(row) ?? []);
      after = String(rows.at(-1)?.id);
      await turn();
    }
  }

  return {
    views: { load, save },
    expected: (position) => {
      write(unwritten.size);
      return { position, pages, find: load, orders: counting(db), sizes: sizesIn(db) };
    },
    close: () => db.close(),
  };
}

const viewIn = (row: Record<string, SQLOutputValue> | undefined): OrderView | null =>
  row === undefined ? null : (JSON.parse(String(row.view)) as OrderView);

const counting = (db: DatabaseSync) => async () =>
  Number(db.prepare('SELECT count(*) AS number FROM views').get()?.number);

/** Indexes of the database are made when sizes are asked for: while it is filled, they would only cost time. */
function sizesIn(db: DatabaseSync): ExpectedModel['sizes'] {
  const columns = { account: indexNames.account(''), instrument: indexNames.instrument('') };
  let counts: { prefix: string; count: (value: string) => number }[] | null = null;
  return async (names) => {
    counts ??= Object.entries(columns).map(([column, prefix]) => {
      db.exec(`CREATE INDEX IF NOT EXISTS by_${column} ON views (${column})`);
      const counting = db.prepare(`SELECT count(*) AS number FROM views WHERE ${column} = ?`);
      return { prefix, count: (value: string) => Number(counting.get(value)?.number) };
    });
    const sizeOf = (name: string) => {
      const family = counts?.find(({ prefix }) => name.startsWith(prefix));
      // An index of another kind should not be there.
      return family?.count(name.slice(family.prefix.length)) ?? 0;
    };
    return names.map(sizeOf);
  };
}
