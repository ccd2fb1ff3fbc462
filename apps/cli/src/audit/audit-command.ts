// `orders audit`: one line for people, or one document for programs, and an exit code for scripts.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { httpSetting, settingOf } from '../command-settings.ts';
import { type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { type ExitCode, exitCodes, oneLine, UnusableInputError } from '../failures.ts';
import { seconds } from '../option-values.ts';
import { printable } from '../printable.ts';
import { auditOrders, summaryLine } from './audit-orders.ts';
import type { AuditReport } from './audit-report.ts';

type AuditFlags = EventStoreFlags & {
  acknowledged?: string;
  json?: true;
  settled?: true;
  patience: number;
  exchange?: string;
};

const listedMax = 50;

const exchangeSetting = httpSetting('EXCHANGE_URL', '--exchange', 'http://127.0.0.1:8600');
const examples = `
Examples:
  $ orders audit
  42 stored · 40 placed · 0 lost · 0 duplicated · 0 unexplained · 2 open (oldest 1 s) · 0 in doubt

  Hold the answers that a client kept, a line of JSON each, against what became of them:
  $ orders audit --acknowledged answers.ndjson

  After a test run, when nothing may be on its way any more; the findings as JSON:
  $ orders audit --acknowledged - --settled --json < answers.ndjson

Lost, duplicated and unexplained orders are listed below the line, and make the exit code 1.`;

export function addAuditCommand(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .summary('compare what clients were told, what is stored and what stands at the exchange')
    .description('Compares what clients were told, what is stored and what stands at the exchange; changes nothing.')
    .option('--acknowledged <file>', 'answers to POST /orders, one a line; - for standard input')
    .option('--json', 'print one JSON document, with all findings')
    .option('--settled', 'nothing may be open any more: an open order is a finding')
    .option('--patience <seconds>', 'wait this long for the log to explain what the ledger has', seconds, 10)
    .option(...eventStoreOption)
    .option('--exchange <url>', 'base URL of the exchange (EXCHANGE_URL, http://127.0.0.1:8600)')
    .addHelpText('after', examples)
    .action(async (flags: AuditFlags) => context.ended(await audit(flags, context)));
}

async function audit(flags: AuditFlags, { env, write, readInput }: CommandContext): Promise<ExitCode> {
  const { acknowledged: file, json = false, settled = false, patience } = flags;
  const exchangeUrl = settingOf(exchangeSetting, flags.exchange, env);
  const acknowledged = file === undefined ? null : file === '-' ? readInput() : await textOf(file);
  return withEventStore(flags, { env }, async (connection) => {
    const options = { exchangeUrl, acknowledged, patienceMs: patience * 1_000, now: () => new Date(), settled };
    const report = await auditOrders({ client: connection.client(), ...options });
    for (const text of json ? jsonOf(report) : linesOf(report)) write(text);
    return report.findings.length === 0 ? exitCodes.clean : exitCodes.notClean;
  });
}

/** Up to the end that the file has now: it may still be written to. */
async function textOf(file: string): Promise<AsyncIterable<string>> {
  const found = await stat(file).catch((error: unknown) => {
    throw new UnusableInputError(`${file} cannot be read: ${oneLine(error)}`);
  });
  if (found.isDirectory()) throw new UnusableInputError(`${file} is a folder`);
  // A pipe has no size.
  if (!found.isFile()) return createReadStream(file, 'utf8');
  return found.size === 0 ? noText() : createReadStream(file, { encoding: 'utf8', end: found.size - 1 });
}

async function* noText(): AsyncGenerator<string> {}

function* linesOf(report: AuditReport): Generator<string> {
  yield `${summaryLine(report)}\n`;
  for (const { kind, id, reason } of report.findings.slice(0, listedMax))
    yield `${kind} ${printable(id)}: ${printable(reason)}\n`;
  const more = report.findings.length - listedMax;
  if (more > 0) yield `and ${more} more; --json lists all\n`;
}

// In pieces: a system that lost everything has more findings than one string may hold.
function* jsonOf({ findings, ...counts }: AuditReport): Generator<string> {
  yield `${JSON.stringify(counts, null, 2).slice(0, -2)},\n  "findings": [`;
  for (const [index, finding] of findings.entries()) yield `${index === 0 ? '' : ','}\n    ${JSON.stringify(finding)}`;
  yield findings.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
}
