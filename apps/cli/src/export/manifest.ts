// What a folder of an export says of itself. The manifest names every file that belongs to it, and is replaced in one
// step: whatever it names is whole, and whatever it does not name is the rest of a run that was ended. Read with
// distrust, since the names in it are opened and removed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { oneLine, UnusableInputError } from '../failures.ts';
import type { ExportFormat } from './file-formats.ts';
import { replaceFile } from './written-file.ts';

const Position = Type.String({ pattern: '^\\d{1,20}$' });
const Count = Type.Integer({ minimum: 0 });

const file = {
  segment: Count,
  rows: Type.Integer({ minimum: 1 }),
  bytes: Count,
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  first_position: Position,
  last_position: Position,
};
const path = (table: string) => Type.String({ pattern: `^${table}/\\d{5,}-\\d{1,20}\\.(parquet|csv|ndjson)$` });

const Manifest = Type.Object({
  kind: Type.Literal('orders-export'),
  format_version: Type.Literal(1),
  format: Type.Union([Type.Literal('parquet'), Type.Literal('csv'), Type.Literal('ndjson')]),
  /** `null` while the event store has no name. */
  store_id: Type.Union([Type.String(), Type.Null()]),
  /** What `--until` said. */
  asked_until: Type.String(),
  /** Commit position up to which the events are in here; `null` for nothing. */
  cut: Type.Union([Position, Type.Null()]),
  /** Up to where the orders are folded: the cut, unless a run was ended in the middle. */
  orders_cut: Type.Union([Position, Type.Null()]),
  complete: Type.Boolean(),
  /** A file of events is full with as many, or with 12 MB of event data. */
  events_per_file: Type.Integer({ minimum: 1 }),
  counts: Type.Object({ events: Count, orders: Count, unreadable: Count }),
  first_position: Type.Union([Position, Type.Null()]),
  last_position: Type.Union([Position, Type.Null()]),
  written_at: Type.String(),
  duckdb_version: Type.String(),
  events: Type.Array(
    Type.Object({
      path: path('events'),
      ...file,
      last_event_id: Type.String(),
      unreadable: Count,
      /** Whether nothing is ever added to it. */
      full: Type.Boolean(),
    }),
  ),
  orders: Type.Array(Type.Object({ path: path('orders'), ...file })),
});

export type ExportManifest = Static<typeof Manifest>;
export type EventFile = ExportManifest['events'][number];
export type OrderFile = ExportManifest['orders'][number];

export const manifestName = 'manifest.json';
export const formatVersion = 1;

export function emptyManifest(format: ExportFormat, eventsPerFile: number): ExportManifest {
  return {
    kind: 'orders-export',
    format_version: formatVersion,
    format,
    store_id: null,
    asked_until: '',
    cut: null,
    orders_cut: null,
    complete: false,
    events_per_file: eventsPerFile,
    counts: { events: 0, orders: 0, unreadable: 0 },
    first_position: null,
    last_position: null,
    written_at: '',
    duckdb_version: '',
    events: [],
    orders: [],
  };
}

/** `null` where there is none. Throws {@link UnusableInputError} for one that is not of this version and kind. */
export async function readManifest(folder: string): Promise<ExportManifest | null> {
  const name = join(folder, manifestName);
  const text = await readFile(name, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new UnusableInputError(`${name} cannot be read: ${oneLine(error)}`);
  });
  if (text === null) return null;
  const manifest = jsonOf(text);
  if (Value.Check(Manifest, manifest)) return manifest;
  const { kind, format_version } = (manifest ?? {}) as { kind?: unknown; format_version?: unknown };
  if (kind === 'orders-export' && typeof format_version === 'number' && format_version > formatVersion)
    throw new UnusableInputError(`${folder} was written by a later version of orders export`);
  throw new UnusableInputError(`${name} is not the manifest of an export, or is damaged: export to another folder`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** In one step, and durable when it resolves: a reader, or the next run, finds this one or the one before it. */
export async function writeManifest(folder: string, manifest: ExportManifest): Promise<void> {
  const { events, orders } = manifest;
  const rows = (files: readonly { rows: number }[]) => files.reduce((sum, file) => sum + file.rows, 0);
  const told: ExportManifest = {
    ...manifest,
    counts: { ...manifest.counts, events: rows(events), orders: rows(orders) },
    first_position: events[0]?.first_position ?? null,
    last_position: events.at(-1)?.last_position ?? null,
  };
  await replaceFile(join(folder, manifestName), `${JSON.stringify(told, null, 2)}\n`);
}
