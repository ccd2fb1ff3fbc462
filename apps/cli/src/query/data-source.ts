// Where commands that ask take their data from, as their options say it: an export, the event store, or both.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { keepHeapSmall } from '../duckdb/heap-size.ts';
import { type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { oneLine, UnreachableError, UnusableInputError } from '../failures.ts';
import { showProgress } from '../progress-line.ts';
import type { OrderData } from './order-data.ts';

export type SourceFlags = EventStoreFlags & { export?: string | false; live: boolean };

const defaultFolder = './export';

export const addSourceOptions = (command: Command): Command =>
  command
    .option('--export <dir>', `folder of an export (${defaultFolder}, if there is one)`)
    .option('--no-export', 'ask the event store alone')
    .option('--no-live', 'ask the export alone, as of its cut')
    .option(...eventStoreOption);

/** What `use` resolves to. Throws as the event store, the export and the statement demand. */
export async function withSource<T>(
  flags: SourceFlags,
  context: CommandContext,
  signal: AbortSignal,
  use: (data: OrderData) => Promise<T>,
): Promise<T> {
  const exported = folderOf(flags);
  // Loaded here: the other commands start without it.
  const { withOrderData } = await import('./order-data.ts');
  if (!flags.live) {
    if (exported === null) throw new UnusableInputError(`there is no export to ask: --export names its folder`);
    return withOrderData({ exported, client: null, signal }, use);
  }
  keepHeapSmall();
  const progress = showProgress(context, { label: 'reading', unit: 'events' });
  try {
    return await withEventStore(flags, context, async (connection) => {
      const options = { exported, client: connection.client(), signal, onProgress: progress.update };
      return withOrderData(options, (data) => {
        progress.end();
        return use(data);
      });
    });
  } catch (error) {
    if (!(error instanceof UnreachableError) || exported === null) throw error;
    throw new StoreGoneError(error);
  } finally {
    progress.end();
  }
}

function folderOf({ export: given }: SourceFlags): string | null {
  if (typeof given === 'string') return given;
  return given !== false && existsSync(join(defaultFolder, 'manifest.json')) ? defaultFolder : null;
}

/** With the way out. */
class StoreGoneError extends UnreachableError {
  constructor(error: UnreachableError) {
    super('the event store', error.cause);
    this.message = `${oneLine(error)}; --no-live asks the export alone`;
  }
}
