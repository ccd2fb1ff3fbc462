// The events of the log, in files of a fixed number of events, so that what a file holds depends on the log alone and
// not on the runs that led there. A full file is never touched again; the last one is written anew by the run after.
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { LogPosition } from '@orders/order-store/order-store';
import type { OrderLogPage } from '@orders/order-store/read-log';
import { orderLogPages } from '../order-log-pages.ts';
import { dataLengthOf, eventColumns, eventRow, isTabular } from './event-table.ts';
import type { ExportFolder } from './export-folder.ts';
import type { EventFile, ExportManifest } from './manifest.ts';
import { positionAt } from './position-at.ts';
import { openTableFile, type TableFile, type TableFiles } from './table-file.ts';

export type EventsExport = {
  client: EventStoreDBClient;
  folder: ExportFolder;
  files: Pick<TableFiles, 'connection' | 'folder' | 'format'>;
  cut: LogPosition;
  signal: AbortSignal;
  /** Events so far, and about how many there will be. */
  onProgress: (done: number, total: number) => void;
};

// Large events are fewer to a file, so that a file fits into memory whatever they hold. A rule of the log alone, too.
const dataLengthMax = 12 * 1024 * 1024;

/** Resolves to the manifest with the files of all events up to the cut; it has committed the full ones by then. */
export async function exportEvents(manifest: ExportManifest, options: EventsExport): Promise<ExportManifest> {
  const { client, folder, cut, signal, onProgress } = options;
  const files = { ...options.files, table: 'events', columns: eventColumns } as const;
  const full = manifest.events.filter((file) => file.full);
  const from = full.at(-1)?.last_position;
  const rate = progressOf(from === undefined ? 0n : BigInt(from), cut.commit);
  let committed: ExportManifest = { ...manifest, events: full };
  let open = await openEventFile(files, manifest.events_per_file);
  let read = 0;
  for await (const page of orderLogPages(client, from === undefined ? null : positionAt(from), cut)) {
    if (signal.aborted) break;
    for (const entry of entriesOf(page)) {
      open.take(entry);
      if (!open.isFull()) continue;
      const file = await open.finish(committed.events.length);
      committed = withFile(committed, file);
      await folder.commit({ ...committed, cut: file.last_position, complete: false });
      open = await openEventFile(files, manifest.events_per_file);
    }
    read += page.events.length;
    const reached = page.reached?.commit ?? 0n;
    onProgress(read, rate(read, reached));
  }
  signal.throwIfAborted();
  const unreadable = open.unreadable();
  const events = open.rows() === 0 ? [] : [await open.finish(committed.events.length)];
  const before = committed.events.reduce((sum, file) => sum + file.unreadable, 0);
  return {
    ...committed,
    events: [...committed.events, ...events],
    counts: { ...committed.counts, unreadable: before + unreadable },
    cut: String(cut.commit),
  };
}

const withFile = (manifest: ExportManifest, file: EventFile): ExportManifest => ({
  ...manifest,
  events: [...manifest.events, file],
});

/** Positions grow evenly enough to tell how much is left. */
function progressOf(from: bigint, cut: bigint) {
  const all = Number(cut - from);
  return (read: number, reached: bigint) => Math.round((read * all) / Math.max(1, Number(reached - from)));
}

type Entry = { commit: bigint; event: OrderLogPage['events'][number] | null };

/** Events, and places of unreadable ones, in the order of the log. */
function entriesOf({ events, unreadable }: OrderLogPage): Entry[] {
  const entries: Entry[] = events.map((event) => ({
    commit: event.position.commit,
    event: isTabular(event) ? event : null,
  }));
  if (unreadable.length === 0) return entries;
  const others = unreadable.map(({ position }) => ({ commit: position.commit, event: null }));
  return [...entries, ...others].sort((a, b) => (a.commit < b.commit ? -1 : 1));
}

async function openEventFile(files: TableFiles, eventsMax: number) {
  const file: TableFile = await openTableFile(files);
  let [first, last, lastId, unreadable, dataLength] = [0n, 0n, '', 0, 0];
  const isFull = () => file.rows() >= eventsMax || dataLength >= dataLengthMax;

  function take({ commit, event }: Entry) {
    if (event === null) {
      unreadable += 1;
      return;
    }
    if (file.rows() === 0) first = commit;
    [last, lastId] = [commit, event.id];
    const row = eventRow(event);
    dataLength += dataLengthOf(row);
    file.append(row);
  }

  async function finish(segment: number): Promise<EventFile> {
    const positions = { first_position: String(first), last_position: String(last) };
    return { ...(await file.finish(segment, last)), ...positions, last_event_id: lastId, unreadable, full: isFull() };
  }

  return { take, finish, rows: file.rows, isFull, unreadable: () => unreadable };
}
