// `orders export`: the history as files that other tools read. The files are the result; the one line at the end says
// what they hold.
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { keepHeapSmall } from '../duckdb/heap-size.ts';
import { type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { type ExitCode, exitCodes } from '../failures.ts';
import { type LogPlace, logPlace, logPlaceForms } from '../log-place.ts';
import { showProgress } from '../progress-line.ts';
import { type ExportFormat, exportFormats } from './file-formats.ts';
import type { ExportManifest } from './manifest.ts';

type ExportFlags = EventStoreFlags & { to: ExportFormat; until: Asked; out: string };

type Asked = { text: string; place: LogPlace };

const examples = `
Examples:
  $ orders export
  1,000,000 events and 333,333 orders up to position 1288490188 in ./export (parquet), …

  The same folder again adds what is new since; a run that was stopped goes on where it was:
  $ orders export

  All that happened before February, for a spreadsheet:
  $ orders export --to csv --until 2026-02-01 --out january

  Then look at it:
  $ duckdb -c "SELECT status, count(*) FROM 'export/orders/*.parquet' GROUP BY ALL"
  $ orders query "SELECT status, count(*) FROM orders GROUP BY ALL"

Two tables, events and orders, in DIR/events and DIR/orders; DIR/manifest.json lists the files with
their hashes. The same cut makes the same files, byte for byte, however many runs it took.`;

export function addExportCommand(program: Command, context: CommandContext): void {
  program
    .command('export')
    .summary('write all events and orders to Parquet, CSV or NDJSON files, and later add what is new')
    .description('Writes all events, and the orders that they make, to files; a later run adds what is new.')
    .addOption(new Option('--to <format>', 'format of the files').choices(exportFormats).default('parquet'))
    .option('--until <place>', `the last event: ${logPlaceForms}`, asked, asked('now'))
    .option('--out <dir>', 'folder of the export', './export')
    .option(...eventStoreOption)
    .addHelpText('after', examples)
    .action(async (flags: ExportFlags) => context.ended(await runExport(flags, context)));
  // The default is an object, and --help would show it as one.
  const until = program.commands.at(-1)?.options.find(({ long }) => long === '--until');
  if (until !== undefined) until.defaultValueDescription = 'now';
}

const asked = (text: string): Asked => ({ text, place: logPlace(text) });

async function runExport({ to, until, out, ...flags }: ExportFlags, context: CommandContext): Promise<ExitCode> {
  const signal = context.stopping();
  const progress = {
    events: showProgress(context, { label: 'events', unit: 'events' }),
    orders: showProgress(context, { label: 'orders', unit: 'orders' }),
  };
  try {
    return await withEventStore(flags, context, async (connection) => {
      // Loaded here: the other commands start without it.
      const { exportLog } = await import('./export-log.ts');
      keepHeapSmall();
      const { manifest, newEvents } = await exportLog({
        client: connection.client(),
        folder: out,
        format: to,
        until: until.place,
        askedUntil: until.text,
        signal,
        onProgress: (stage, done, total) => progress[stage].update(done, total),
      });
      progress.events.end();
      progress.orders.end();
      return tell({ manifest, newEvents, out }, context);
    });
  } catch (error) {
    progress.events.end();
    progress.orders.end();
    if (!signal.aborted) throw error;
    context.writeError(`orders: stopped; the next run to ${out} goes on where this one was\n`);
    return exitCodes.interrupted;
  }
}

type Told = { manifest: ExportManifest; newEvents: number; out: string };

function tell({ manifest, newEvents, out }: Told, { write, writeError }: CommandContext): ExitCode {
  const { events, orders, format, cut, counts } = manifest;
  const rows = (files: readonly { rows: number }[]) => whole(files.reduce((sum, file) => sum + file.rows, 0));
  const place = cut === null ? 'of an empty log' : `up to position ${cut}`;
  const news = newEvents === 0 ? 'nothing new' : `${whole(newEvents)} events new`;
  write(`${rows(events)} events and ${rows(orders)} orders ${place} in ${out} (${format}), ${news}\n`);
  if (counts.unreadable === 0) return exitCodes.clean;
  writeError(`orders: ${whole(counts.unreadable)} events in order streams cannot be read, and are not in there\n`);
  return exitCodes.notClean;
}

const whole = (number: number): string => number.toLocaleString('en-US');
