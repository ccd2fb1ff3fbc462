// The orders as they stand at the cut, in one file for each file of events: the orders that were placed there. Orders
// come to an end soon, so a later run has to write only the last of these files anew, and those in which an old order
// has moved. What is in a file is folded from the events alone, so that it does not matter which runs came before.
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { eventColumns } from './event-table.ts';
import { checkContents } from './export-folder.ts';
import { scanOf } from './file-formats.ts';
import { foldOrders } from './fold-orders.ts';
import type { EventFile, ExportManifest, OrderFile } from './manifest.ts';
import { type FoldedOrder, orderColumns, orderRow } from './order-table.ts';
import { openTableFile, type TableFiles } from './table-file.ts';

export type OrdersExport = {
  files: Pick<TableFiles, 'connection' | 'folder' | 'format'>;
  /** For what is read while files are written. */
  reading: DuckDBConnection;
  signal: AbortSignal;
  onProgress: (done: number) => void;
};

/** How many files are folded at once: what bounds the memory, whatever the number of orders. */
const segmentsAtOnce = 4;

/** Resolves to the manifest with the files of all orders; those that are not named any more are still there. */
export async function exportOrders(manifest: ExportManifest, options: OrdersExport): Promise<ExportManifest> {
  const { files, reading, signal, onProgress } = options;
  const { folder, format } = files;
  const scan = (events: readonly EventFile[]) =>
    scanOf(
      format,
      eventColumns,
      events.map(({ path }) => join(folder, path)),
    );
  const stale = await staleSegments(reading, manifest, scan, signal);
  const [first] = stale;
  if (first === undefined) return { ...manifest, orders_cut: manifest.cut };
  await checkContents(folder, manifest.events.slice(first), signal);
  const written: OrderFile[] = [];
  let open: OpenOrderFile | null = null;
  let folded = 0;
  for (const group of inGroups(manifest, stale)) {
    signal.throwIfAborted();
    await choose(reading, manifest.events, group, scan);
    const events = scan(manifest.events.slice(group[0]));
    for await (const orders of foldOrders(reading, { events, chosen: 'SELECT * FROM chosen' })) {
      signal.throwIfAborted();
      for (const order of orders) {
        if (open === null || order.placedPosition > open.end) {
          if (open !== null) written.push(await open.finish());
          open = await openOrderFile(files, segmentOf(manifest.events, order.placedPosition));
        }
        open.take(order);
      }
      folded += orders.length;
      onProgress(folded);
    }
  }
  if (open !== null) written.push(await open.finish());
  const kept = manifest.orders.filter(({ segment }) => !stale.includes(segment));
  const orders = [...kept, ...written].sort((a, b) => a.segment - b.segment);
  return { ...manifest, orders, orders_cut: manifest.cut };
}

type Scan = (events: readonly EventFile[]) => string;

/** Files that are full with few events hold large ones, and are folded alone. */
function* inGroups({ events, events_per_file }: ExportManifest, stale: readonly number[]): Generator<number[]> {
  let [group, weight]: [number[], number] = [[], 0];
  for (const segment of stale) {
    const file = events[segment];
    const own = file?.full === true && file.rows < events_per_file ? segmentsAtOnce : 1;
    if (weight + own > segmentsAtOnce && group.length > 0) {
      yield group;
      [group, weight] = [[], 0];
    }
    group.push(segment);
    weight += own;
  }
  if (group.length > 0) yield group;
}

/** Where an order was placed that has moved since the orders were last written, in ascending order. */
async function staleSegments(
  reading: DuckDBConnection,
  { events, orders_cut }: ExportManifest,
  scan: Scan,
  signal: AbortSignal,
): Promise<number[]> {
  const since = orders_cut === null ? -1n : BigInt(orders_cut);
  const stale = new Set(events.filter((file) => BigInt(file.first_position) > since).map(({ segment }) => segment));
  // Files that are all new have to be written anyway; what moved in the others is looked for back from there.
  const young = stale.size === events.length ? [] : events.filter((file) => BigInt(file.last_position) > since);
  for (const file of young) {
    await reading.run(`CREATE OR REPLACE TEMP TABLE moved AS
      SELECT DISTINCT order_id FROM (${scan([file])}) WHERE position > ${since}`);
    for (const earlier of events.slice(0, file.segment + 1).reverse()) {
      signal.throwIfAborted();
      if ((await numberOf(reading, 'SELECT count(*) FROM moved')) === 0) break;
      const placed = `SELECT order_id FROM (${scan([earlier])}) WHERE type = 'OrderPlaced'`;
      const found = await numberOf(reading, `SELECT count(*) FROM (${placed}) SEMI JOIN moved USING (order_id)`);
      if (found === 0) continue;
      stale.add(earlier.segment);
      // Another placement may stand before one that is not the first event of its stream.
      await reading.run(`DELETE FROM moved WHERE order_id IN (${placed} AND revision = 0)`);
    }
  }
  return [...stale].sort((a, b) => a - b);
}

async function numberOf(reading: DuckDBConnection, sql: string): Promise<number> {
  return Number((await reading.runAndReadAll(sql)).getRows()[0]?.[0]);
}

/** The orders of these segments, in a table. */
async function choose(reading: DuckDBConnection, events: readonly EventFile[], stale: readonly number[], scan: Scan) {
  const placedIn = (some: readonly EventFile[]) => `SELECT * FROM (${scan(some)}) WHERE type = 'OrderPlaced'`;
  const inStale = events.filter(({ segment }) => stale.includes(segment));
  await reading.run(`CREATE OR REPLACE TEMP TABLE chosen AS
    SELECT order_id, min(position) AS placed_position, min(revision) AS revision
    FROM (${placedIn(inStale)}) GROUP BY order_id`);
  // Nobody should have written a second placement into a stream; if so, the order belongs to the first.
  if ((await numberOf(reading, 'SELECT count(*) FROM chosen WHERE revision > 0')) === 0) return;
  await reading.run(`DELETE FROM chosen WHERE EXISTS (
    SELECT 1 FROM (${placedIn(events)}) AS placed
    WHERE placed.order_id = chosen.order_id AND placed.position < chosen.placed_position)`);
}

function segmentOf(events: readonly EventFile[], position: bigint): EventFile {
  const found = events.find(({ last_position }) => position <= BigInt(last_position));
  if (found === undefined) throw new Error(`no file of events reaches position ${position}`);
  return found;
}

type OpenOrderFile = Awaited<ReturnType<typeof openOrderFile>>;

async function openOrderFile(files: OrdersExport['files'], { segment, last_position: end }: EventFile) {
  const file = await openTableFile({ ...files, table: 'orders', columns: orderColumns });
  let [first, last] = [0n, 0n];

  function take(order: FoldedOrder) {
    if (file.rows() === 0) first = order.placedPosition;
    if (order.lastPosition > last) last = order.lastPosition;
    file.append(orderRow(order));
  }

  async function finish(): Promise<OrderFile> {
    const positions = { first_position: String(first), last_position: String(last) };
    return { ...(await file.finish(segment, last)), ...positions };
  }

  return { end: BigInt(end), take, finish };
}
