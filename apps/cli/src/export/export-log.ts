// An export from beginning to end: events first, then the orders that they make, then the manifest that says so. After
// every file that is full the manifest already tells of it, so a run that is ended costs the next one little.
import { type DuckDBConnection, version as duckDbVersion } from '@duckdb/node-api';
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { LogPosition } from '@orders/order-store/order-store';
import { interruptOn, openDuckDb } from '../duckdb/open-duckdb.ts';
import { UnusableInputError } from '../failures.ts';
import { type LogPlace, upToPlace } from '../log-place.ts';
import { exportEvents } from './export-events.ts';
import { type ExportFolder, openExportFolder } from './export-folder.ts';
import { exportOrders } from './export-orders.ts';
import type { ExportFormat } from './file-formats.ts';
import type { ExportManifest } from './manifest.ts';
import { checkSameStore } from './same-store.ts';

export type ExportOptions = {
  client: EventStoreDBClient;
  folder: string;
  format: ExportFormat;
  until: LogPlace;
  /** As it was asked for. */
  askedUntil: string;
  signal: AbortSignal;
  /** Of a folder that is begun; another one keeps to its own. */
  eventsPerFile?: number;
  now?: () => Date;
  onProgress?: (stage: 'events' | 'orders', done: number, total?: number) => void;
};

export type ExportResult = { manifest: ExportManifest; newEvents: number };

/** One file of events is also the most that a run which was ended has to do again. */
export const defaultEventsPerFile = 25_000;
const memoryMb = 96;

/**
 * Throws `UnusableInputError` for a folder or a cut that cannot be gone on with, `UnreachableError` when the event
 * store does not answer, and the reason of the signal. The folder then stays what it was, or is further on.
 */
export async function exportLog(options: ExportOptions): Promise<ExportResult> {
  const { folder: name, format, eventsPerFile = defaultEventsPerFile } = options;
  const cut = await upToPlace(options.client, options.until);
  const folder = await openExportFolder(name, { format, eventsPerFile });
  try {
    const { manifest } = folder;
    const store_id = await checkSameStore(options.client, name, manifest);
    checkCut(name, manifest, cut);
    return await exportTo(folder, cut, { ...manifest, store_id }, options);
  } finally {
    await folder.close();
  }
}

function checkCut(folder: string, { cut: exported }: ExportManifest, cut: LogPosition | null) {
  if (exported === null || (cut !== null && cut.commit >= BigInt(exported))) return;
  const wanted = cut === null ? 'the start of the log' : `position ${cut.commit}`;
  throw new UnusableInputError(
    `${folder} already reaches to position ${exported}, beyond ${wanted}: name another folder`,
  );
}

async function exportTo(
  folder: ExportFolder,
  cut: LogPosition | null,
  manifest: ExportManifest,
  options: ExportOptions,
): Promise<ExportResult> {
  const { client, format, signal, askedUntil, now = () => new Date(), onProgress = () => undefined } = options;
  const before = manifest.events.reduce((sum, { rows }) => sum + rows, 0);
  const told = {
    ...manifest,
    asked_until: askedUntil,
    written_at: now().toISOString(),
    duckdb_version: duckDbVersion(),
  };
  if (cut === null) return finished(folder, told, before);
  const isNew = manifest.cut !== String(cut.commit) || !manifest.complete;
  const onEvents = (done: number, total: number) => onProgress('events', done, total);
  const onOrders = (done: number) => onProgress('orders', done);
  const events = isNew
    ? await withDuckDb(folder, signal, ({ connection }) => {
        const files = { connection, folder: folder.name, format };
        return exportEvents(told, { client, folder, files, cut, signal, onProgress: onEvents });
      })
    : told;
  // A database of their own: what the first one has taken is given back by then.
  const orders = await withDuckDb(folder, signal, ({ connection, reading }) => {
    const files = { connection, folder: folder.name, format };
    return exportOrders(events, { files, reading, signal, onProgress: onOrders });
  });
  return finished(folder, orders, before);
}

type TwoConnections = { connection: DuckDBConnection; reading: DuckDBConnection };

async function withDuckDb<T>(
  { workFolder }: ExportFolder,
  signal: AbortSignal,
  use: (connections: TwoConnections) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const duckDb = await openDuckDb({ memoryMb, threads: 1, temporaryFolder: workFolder });
  const { connection } = duckDb;
  const reading = await duckDb.connect();
  const letGo = [connection, reading].map((one) => interruptOn(signal, one));
  try {
    return await use({ connection, reading });
  } catch (error) {
    // An interrupted statement fails in words of its own.
    signal.throwIfAborted();
    throw error;
  } finally {
    for (const step of letGo) step();
    duckDb.close();
  }
}

async function finished(folder: ExportFolder, manifest: ExportManifest, before: number): Promise<ExportResult> {
  const complete = { ...manifest, complete: true };
  await folder.commit(complete);
  return { manifest: complete, newEvents: manifest.events.reduce((sum, { rows }) => sum + rows, 0) - before };
}
