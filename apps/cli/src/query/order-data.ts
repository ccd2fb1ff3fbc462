// The two tables for questions: what an export holds, and whatever the event store has beyond it. An order that has
// moved since the export is folded again from all its events, so a question sees one state, not two halves.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { readLogEnd } from '@orders/order-store/store-identity';
import { interruptOn, openDuckDb, sqlList } from '../duckdb/open-duckdb.ts';
import { makeTable, openRowWriter } from '../duckdb/row-writer.ts';
import { askEventStore } from '../event-store.ts';
import { eventColumns, eventRow, isTabular } from '../export/event-table.ts';
import { checkSizes } from '../export/export-folder.ts';
import { scanOf } from '../export/file-formats.ts';
import { foldOrders } from '../export/fold-orders.ts';
import { lockToRead } from '../export/folder-lock.ts';
import { type ExportManifest, emptyManifest, readManifest } from '../export/manifest.ts';
import { orderColumns, orderRow } from '../export/order-table.ts';
import { positionAt } from '../export/position-at.ts';
import { checkSameStore } from '../export/same-store.ts';
import { UnusableInputError } from '../failures.ts';
import { orderLogPages } from '../order-log-pages.ts';
import { orderViews } from './order-views.ts';

export type OrderDataOptions = {
  /** The folder of an export; `null` for the event store alone. */
  exported: string | null;
  /** `null` for the export alone. */
  client: EventStoreDBClient | null;
  signal: AbortSignal;
  /** Events read from the event store so far, and about how many there will be. */
  onProgress?: (done: number, total: number) => void;
};

export type OrderData = {
  connection: DuckDBConnection;
  /** Events that stand in the event store and could not be read. */
  unreadable: number;
};

const memoryMb = 256;
// Not among the tables that a person is shown.
const younger = 'younger';

/** Nothing in there can be changed, and no file but the export's can be read, while `use` runs. */
export async function withOrderData<T>(options: OrderDataOptions, use: (data: OrderData) => Promise<T>): Promise<T> {
  const { exported, signal } = options;
  const { manifest, unlock } = await openExport(exported);
  const temporaryFolder = await mkdtemp(join(tmpdir(), 'orders-query-'));
  const duckDb = await openDuckDb({ memoryMb, threads: 2, temporaryFolder });
  const reading = await duckDb.connect();
  const letGo = [duckDb.connection, reading].map((connection) => interruptOn(signal, connection));
  try {
    const unreadable = await load({ connection: duckDb.connection, reading, manifest }, options);
    await lockDown(duckDb.connection, filesOf(exported, [...manifest.events, ...manifest.orders]));
    return await use({ connection: duckDb.connection, unreadable });
  } finally {
    for (const step of letGo) step();
    duckDb.close();
    unlock();
    await rm(temporaryFolder, { recursive: true, force: true });
  }
}

async function openExport(folder: string | null) {
  if (folder === null) return { manifest: emptyManifest('parquet', 1), unlock: () => undefined };
  if ((await readManifest(folder)) === null) throw new UnusableInputError(`${folder} holds no export`);
  const unlock = lockToRead(folder);
  try {
    // Once more: until it was locked, it could become another one.
    const manifest = (await readManifest(folder)) ?? emptyManifest('parquet', 1);
    await checkSizes(folder, [...manifest.events, ...manifest.orders]);
    return { manifest, unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

const filesOf = (folder: string | null, files: readonly { path: string }[]): string[] =>
  files.map(({ path }) => join(folder ?? '', path));

type Loading = { connection: DuckDBConnection; reading: DuckDBConnection; manifest: ExportManifest };

/** Resolves to the number of unreadable events. */
async function load({ connection, reading, manifest }: Loading, options: OrderDataOptions): Promise<number> {
  const { exported, client, signal } = options;
  await connection.run(`CREATE SCHEMA ${younger}`);
  const events = { schema: younger, table: 'events', columns: eventColumns };
  const orders = { schema: younger, table: 'orders', columns: orderColumns };
  await makeTable(connection, events);
  await makeTable(connection, orders);
  const unreadable = client === null ? 0 : await readYounger(connection, client, manifest, options);
  signal.throwIfAborted();

  const { format, orders_cut } = manifest;
  await connection.run(`CREATE VIEW events AS
    ${scanOf(format, eventColumns, filesOf(exported, manifest.events))} UNION ALL SELECT * FROM ${younger}.events`);
  await connection.run(`CREATE TABLE ${younger}.moved AS
    SELECT order_id, min(position) AS placed_position FROM events WHERE type = 'OrderPlaced' AND order_id IN (
      SELECT DISTINCT order_id FROM events WHERE ${orders_cut === null ? 'true' : `position > ${orders_cut}`})
    GROUP BY order_id`);
  await foldMoved(connection, reading, signal);
  await connection.run(`CREATE VIEW orders AS SELECT * FROM (
    ${scanOf(format, orderColumns, filesOf(exported, manifest.orders))}) AS exported
    WHERE NOT EXISTS (SELECT 1 FROM ${younger}.moved WHERE moved.order_id = exported.id)
    UNION ALL SELECT * FROM ${younger}.orders`);
  for (const [name, sql] of Object.entries(orderViews)) await connection.run(`CREATE VIEW ${name} AS ${sql}`);
  return manifest.counts.unreadable + unreadable;
}

/** What the export does not know, or not any more. */
async function foldMoved(connection: DuckDBConnection, reading: DuckDBConnection, signal: AbortSignal) {
  const first = await connection.runAndReadAll(`SELECT min(placed_position) FROM ${younger}.moved`);
  const from = first.getRows()[0]?.[0] ?? null;
  if (from === null) return;
  const events = `SELECT * FROM events WHERE position >= ${String(from)}`;
  const chosen = `SELECT order_id, placed_position FROM ${younger}.moved`;
  const writer = await openRowWriter(connection, { schema: younger, table: 'orders', columns: orderColumns });
  for await (const batch of foldOrders(reading, { events, chosen })) {
    signal.throwIfAborted();
    for (const order of batch) writer.append(orderRow(order));
  }
  writer.close();
}

async function readYounger(
  connection: DuckDBConnection,
  client: EventStoreDBClient,
  manifest: ExportManifest,
  { exported, signal, onProgress = () => undefined }: OrderDataOptions,
): Promise<number> {
  const folder = exported ?? '';
  await checkSameStore(client, folder, manifest);
  const end = await askEventStore(() => readLogEnd(client));
  const from = manifest.cut === null ? null : positionAt(manifest.cut);
  if (end === null) return 0;
  if (from !== null && end.commit < from.commit)
    throw new UnusableInputError(`${folder} reaches beyond the end of the event store: it is an export of another one`);
  const writer = await openRowWriter(connection, { schema: younger, table: 'events', columns: eventColumns });
  const all = Number(end.commit - (from?.commit ?? 0n));
  let [done, unreadable] = [0, 0];
  for await (const page of orderLogPages(client, from, end)) {
    signal.throwIfAborted();
    const rows = page.events.filter(isTabular);
    for (const event of rows) writer.append(eventRow(event));
    unreadable += page.unreadable.length + page.events.length - rows.length;
    done += page.events.length;
    const reached = Number((page.reached?.commit ?? 0n) - (from?.commit ?? 0n));
    onProgress(done, Math.round((done * all) / Math.max(1, reached)));
  }
  writer.close();
  return unreadable;
}

async function lockDown(connection: DuckDBConnection, files: readonly string[]) {
  await connection.run(`SET allowed_paths = ${sqlList(files)}`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
}
