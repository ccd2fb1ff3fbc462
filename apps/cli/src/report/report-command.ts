// `orders report`: the figures that people ask for first, drawn on the terminal or as a page to send around.
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type ExitCode, exitCodes, oneLine, UnusableInputError } from '../failures.ts';
import { type LogPlace, logPlace, logPlaceForms } from '../log-place.ts';
import { addSourceOptions, type SourceFlags, withSource } from '../query/data-source.ts';
import type { OrderData } from '../query/order-data.ts';

type ReportFlags = SourceFlags & { from: Asked; until: Asked; instrument?: string; html?: string };

type Asked = { text: string; place: LogPlace };

const asked = (text: string): Asked => ({ text, place: logPlace(text) });

const examples = `
Examples:
  The last day, on the terminal:
  $ orders report --from 24h

  January for one instrument, as a page that opens everywhere and needs no network:
  $ orders report --from 2026-01-01 --until 2026-02-01 --instrument DE0007164600 --html january.html

  Everything in an export, without the event store:
  $ orders report --no-live --export ./export

Orders are those placed from --from on, and before --until; what came of them later counts.`;

export function addReportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('report')
    .summary('draw orders over time, time to submitted, failures and instruments, as text or as a page')
    .description('Draws orders over time, time to submitted, failures and instruments; changes nothing.')
    .option('--from <place>', `orders placed from there on: ${logPlaceForms}`, asked, asked('start'))
    .option('--until <place>', 'orders placed before that, in the same forms', asked, asked('now'))
    .option('--instrument <instrument>', 'orders for this instrument alone')
    .option('--html <file>', 'write a page with plots, instead of text');
  for (const option of command.options)
    if (option.defaultValue !== undefined) option.defaultValueDescription = defaultOf(option.long);
  addSourceOptions(command)
    .addHelpText('after', examples)
    .action(async (flags: ReportFlags) => context.ended(await runReport(flags, context)));
}

// The defaults are objects, and --help would show them as such.
const defaultOf = (long: string | undefined): string => (long === '--from' ? 'start' : 'now');

async function runReport(flags: ReportFlags, context: CommandContext): Promise<ExitCode> {
  const signal = context.stopping();
  try {
    return await withSource(flags, context, signal, (data) => report(flags, data, context));
  } catch (error) {
    if (!signal.aborted) throw error;
    return signal.reason === 'no reader' ? exitCodes.clean : exitCodes.interrupted;
  }
}

async function report(flags: ReportFlags, data: OrderData, context: CommandContext): Promise<ExitCode> {
  const { readFigures } = await import('./figures.ts');
  const { from, until, instrument = null, html } = flags;
  const selection = { from: from.place, until: until.place, instrument };
  const { terminalReport, terminalBuckets } = await import('./terminal-report.ts');
  if (html === undefined) {
    const figures = await readFigures(data.connection, selection, terminalBuckets);
    context.write(terminalReport(figures, context));
  } else {
    const { htmlReport, pageBuckets } = await import('./html-report.ts');
    const { replaceFile } = await import('../export/written-file.ts');
    const figures = await readFigures(data.connection, selection, pageBuckets);
    const page = await htmlReport({ figures, madeAt: new Date().toISOString(), selection: selectionText(flags) });
    await replaceFile(html, page).catch((error: unknown) => {
      throw new UnusableInputError(`${html} cannot be written: ${oneLine(error)}`);
    });
    context.write(`${figures.orders.toLocaleString('en-US')} orders in ${html}\n`);
  }
  if (data.unreadable === 0) return exitCodes.clean;
  context.writeError(`orders: ${data.unreadable} events in order streams cannot be read, and are not in there\n`);
  return exitCodes.notClean;
}

function selectionText({ from, until, instrument }: ReportFlags): string {
  const parts = [
    ...(from.place.kind === 'start' ? [] : [`from ${from.text}`]),
    ...(until.place.kind === 'now' ? [] : [`until ${until.text}`]),
    ...(instrument === undefined ? [] : [`instrument ${instrument}`]),
  ];
  return parts.length === 0 ? '' : `Asked for: ${parts.join(', ')}.`;
}
