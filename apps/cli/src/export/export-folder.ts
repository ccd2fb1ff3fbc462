// The folder of an export, for the one process that writes to it: what is there is checked before anything is built
// upon it, and what a run left that did not come to its end is cleared away, but never a file that is not an export's.
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { oneLine, UnusableInputError } from '../failures.ts';
import type { ExportFormat } from './file-formats.ts';
import { lockName, lockToWrite } from './folder-lock.ts';
import { type ExportManifest, emptyManifest, manifestName, readManifest, writeManifest } from './manifest.ts';
import { contentOf, temporarySuffix } from './written-file.ts';

const workName = '.work';
const tables = ['events', 'orders'] as const;
const dataFile = /^\d{5,}-\d{1,20}\.(parquet|csv|ndjson)(\.tmp)?$/;

type DataFile = { path: string; bytes: number; sha256: string };

export type ExportFolder = {
  name: string;
  manifest: ExportManifest;
  /** For what DuckDB cannot hold in memory. */
  workFolder: string;
  /** In one step; what the manifest does not name any more is removed. */
  commit: (manifest: ExportManifest) => Promise<void>;
  close: () => Promise<void>;
};

type FolderOptions = { format: ExportFormat; eventsPerFile: number };

/** Throws {@link UnusableInputError} for a folder that cannot be gone on with. */
export async function openExportFolder(name: string, options: FolderOptions): Promise<ExportFolder> {
  await mkdir(name, { recursive: true }).catch((error: unknown) => refuse(`${name} cannot be written to`, error));
  const unlock = await lockOf(name);
  const workFolder = join(name, workName);
  try {
    const manifest = await manifestIn(name, options);
    await rm(workFolder, { recursive: true, force: true });
    for (const folder of [workName, ...tables]) await mkdir(join(name, folder), { recursive: true });
    await sweep(name, manifest);
    return {
      name,
      manifest,
      workFolder,
      commit: async (next) => {
        await writeManifest(name, next);
        await sweep(name, next);
      },
      close: async () => {
        await rm(workFolder, { recursive: true, force: true });
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

async function lockOf(name: string): Promise<() => void> {
  try {
    return lockToWrite(name);
  } catch (error) {
    if (error instanceof UnusableInputError) throw error;
    return refuse(`${name} cannot be written to`, error);
  }
}

async function manifestIn(name: string, { format, eventsPerFile }: FolderOptions): Promise<ExportManifest> {
  const manifest = await readManifest(name);
  if (manifest === null) {
    const ours = new Set<string>([lockName, workName, `${manifestName}${temporarySuffix}`]);
    const other = (await readdir(name)).find((entry) => !ours.has(entry));
    if (other !== undefined)
      throw new UnusableInputError(`${name} holds other files (${other}) and no export: name an empty folder`);
    const begun = emptyManifest(format, eventsPerFile);
    await writeManifest(name, begun).catch((error: unknown) => refuse(`${name} cannot be written to`, error));
    return begun;
  }
  if (manifest.format !== format)
    throw new UnusableInputError(`${name} holds an export to ${manifest.format}: name another folder for ${format}`);
  await checkSizes(name, [...manifest.events, ...manifest.orders]);
  return manifest;
}

/** Throws {@link UnusableInputError} for a file that is missing, or has another size than it was written with. */
export async function checkSizes(folder: string, files: readonly DataFile[]): Promise<void> {
  for (const { path, bytes } of files) {
    const size = await stat(join(folder, path)).then(
      (found) => (found.isFile() ? found.size : null),
      () => null,
    );
    if (size === null) throw damaged(folder, `${path} is missing`);
    if (size !== bytes) throw damaged(folder, `${path} has ${size} bytes instead of ${bytes}`);
  }
}

/** Throws {@link UnusableInputError} for a file that holds something else than was written. */
export async function checkContents(folder: string, files: readonly DataFile[], signal: AbortSignal): Promise<void> {
  for (const { path, sha256 } of files) {
    if (signal.aborted) return;
    const content = await contentOf(join(folder, path));
    if (content.sha256 !== sha256) throw damaged(folder, `${path} is not what was written (SHA-256)`);
  }
}

const damaged = (folder: string, what: string) =>
  new UnusableInputError(`${folder} is damaged: ${what}; export to another folder, or remove this one`);

function refuse(what: string, error: unknown): never {
  throw new UnusableInputError(`${what}: ${oneLine(error)}`);
}

/** What has the name of a data file, and is none. */
async function sweep(folder: string, { events, orders }: ExportManifest): Promise<void> {
  const named = new Set([...events, ...orders].map(({ path }) => path));
  for (const table of tables) {
    const entries = await readdir(join(folder, table)).catch(() => []);
    const left = entries.filter((entry) => dataFile.test(entry) && !named.has(`${table}/${entry}`));
    for (const entry of left) await rm(join(folder, table, entry), { force: true });
  }
}
