// The three accounts of all orders, joined on disk: a temporary database of SQLite, which the system deletes while it
// is still open, so that nothing is left behind however the audit ends. Memory is bounded by its cache, whatever the
// number of orders.
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { OrderLogPage } from '@orders/order-store/read-log';
import type { Acknowledgement } from './acknowledgements.ts';
import type { LedgerLine } from './exchange-ledger.ts';
import type { OrderEvidence } from './judge-order.ts';
import { noFacts, type StreamFacts, withEvent, withUnreadable } from './stream-facts.ts';

export type AuditTables = ReturnType<typeof openAuditTables>;

const cacheKib = 32_768;
// What one order has more of is counted, but not told.
const tellingsMax = 4;

const evidenceColumns = `
  ids.id AS id,
  (SELECT facts FROM stored WHERE stored.id = ids.id) AS stream,
  (SELECT json_group_array(json(terms)) FROM
    (SELECT terms FROM acknowledged WHERE acknowledged.id = ids.id LIMIT ${tellingsMax})) AS acknowledged,
  (SELECT count(*) FROM ledger WHERE ledger.id = ids.id) AS entries,
  (SELECT json_group_array(json(placement)) FROM
    (SELECT placement FROM ledger WHERE ledger.id = ids.id ORDER BY line LIMIT ${tellingsMax})) AS placements`;

export function openAuditTables() {
  // Without a name, a database is temporary.
  const db = new DatabaseSync('');
  db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -${cacheKib}`);
  db.exec(`
    CREATE TABLE acknowledged (id TEXT, terms TEXT, PRIMARY KEY (id, terms)) STRICT, WITHOUT ROWID;
    CREATE TABLE keys (key TEXT, id TEXT, PRIMARY KEY (key, id)) STRICT, WITHOUT ROWID;
    CREATE TABLE stored (id TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE ledger (id TEXT, line INTEGER, placement TEXT NOT NULL, PRIMARY KEY (id, line)) STRICT, WITHOUT ROWID;
    CREATE TABLE suspects (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;`);
  // One for everything, and never committed: nothing of this outlives the process.
  db.exec('BEGIN');
  let lines = 0;

  const insertAcknowledged = db.prepare('INSERT INTO acknowledged VALUES (?, ?) ON CONFLICT DO NOTHING');
  const insertKey = db.prepare('INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING');
  const insertLedger = db.prepare('INSERT INTO ledger VALUES (?, ?, ?)');
  const insertSuspect = db.prepare('INSERT INTO suspects VALUES (?)');
  const deleteSuspect = db.prepare('DELETE FROM suspects WHERE id = ?');
  const count = (sql: string) => {
    const counting = db.prepare(`SELECT count(*) AS number FROM ${sql}`);
    return () => Number(counting.get()?.number);
  };
  const allEvidence = db.prepare(`SELECT ${evidenceColumns} FROM
    (SELECT id FROM stored UNION SELECT id FROM acknowledged UNION SELECT id FROM ledger) AS ids`);
  const suspectEvidence = db.prepare(`SELECT ${evidenceColumns} FROM
    (SELECT id FROM suspects WHERE id > ? ORDER BY id LIMIT ?) AS ids`);
  const sharedKeys = db.prepare(
    'SELECT key, min(id) AS first, max(id) AS last FROM keys GROUP BY key HAVING count(*) > 1',
  );

  return {
    acknowledge: ({ id, terms, key }: Acknowledgement) => {
      insertAcknowledged.run(id, JSON.stringify(terms));
      if (key !== null) insertKey.run(key, id);
    },
    fold: foldInto(db),
    enter: ({ clientOrderId, placement }: LedgerLine) => {
      lines += 1;
      insertLedger.run(clientOrderId, lines, JSON.stringify(placement));
    },
    suspect: (id: string) => void insertSuspect.run(id),
    clear: (id: string) => void deleteSuspect.run(id),
    acknowledgedOrders: count('(SELECT DISTINCT id FROM acknowledged)'),
    placedOrders: count('(SELECT DISTINCT id FROM ledger)'),
    suspects: count('suspects'),
    evidence: () => evidenceIn(allEvidence.iterate()),
    suspectEvidence: (after: string, limit: number) => [...evidenceIn(suspectEvidence.iterate(after, limit))],
    /** Each with two of the orders that it was answered with. */
    sharedKeys: () => sharedKeys.iterate() as Iterable<{ key: string; first: string; last: string }>,
    close: () => db.close(),
  };
}

/** Reads and writes each order of a page once. */
function foldInto(db: DatabaseSync) {
  const select = db.prepare('SELECT facts FROM stored WHERE id = ?');
  const upsert = db.prepare('INSERT INTO stored VALUES (?, ?) ON CONFLICT DO UPDATE SET facts = excluded.facts');
  return ({ events, unreadable }: OrderLogPage) => {
    const touched = new Map<string, StreamFacts>();
    const factsOf = (id: string) => touched.get(id) ?? parseFacts(select.get(id)?.facts) ?? noFacts;
    for (const recorded of events) touched.set(recorded.orderId, withEvent(factsOf(recorded.orderId), recorded));
    for (const unread of unreadable) touched.set(unread.orderId, withUnreadable(factsOf(unread.orderId), unread));
    for (const [id, facts] of touched) upsert.run(id, JSON.stringify(facts));
  };
}

function* evidenceIn(rows: Iterable<Record<string, SQLOutputValue>>): Generator<OrderEvidence> {
  for (const { id, stream, acknowledged, entries, placements } of rows) {
    yield {
      id: String(id),
      stream: parseFacts(stream),
      acknowledged: JSON.parse(String(acknowledged)),
      entries: Number(entries),
      placements: JSON.parse(String(placements)),
    };
  }
}

const parseFacts = (facts: SQLOutputValue | undefined): StreamFacts | null =>
  typeof facts === 'string' ? (JSON.parse(facts) as StreamFacts) : null;
