// `orders query`: SQL over all orders and all that happened to them, and no way to change anything by it.
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type ExitCode, exitCodes } from '../failures.ts';
import { addSourceOptions, type SourceFlags, withSource } from './data-source.ts';
import type { OrderData } from './order-data.ts';
import type { ResultForm } from './result-lines.ts';

type QueryFlags = SourceFlags & { json?: true; csv?: true };

const examples = `
Examples:
  $ orders query "SELECT status, count(*) AS orders FROM orders GROUP BY ALL ORDER BY orders DESC"

  What the exchange says most often when it refuses:
  $ orders query "SELECT failure_reason, count(*) AS n FROM orders WHERE status = 'failed'
      GROUP BY ALL ORDER BY n DESC"

  How long orders take, and which took longest today:
  $ orders query "FROM latency_by_stage"
  $ orders query "FROM latency WHERE placed_at >= current_date
      ORDER BY placed_to_submitted_s DESC LIMIT 10"

  Which columns there are; all events as lines of JSON; a statement from a file:
  $ orders query "DESCRIBE events"
  $ orders query --json "FROM events"
  $ orders query --csv - < monthly.sql

Tables: orders, events, attempts (a row for each call to the exchange), latency (a row for each
order) and latency_by_stage. With an export in ./export or --export, only what is newer is read
from the event store. The dialect is DuckDB's; times are UTC. Statements can only read, and reach
no file but the export's.`;

export function addQueryCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('query')
    .summary('run SQL over orders and events: over an export and what is newer, or over the event store')
    .description('Runs one SQL statement over orders and events; changes nothing.')
    .argument('<sql>', 'the statement; - for standard input');
  addSourceOptions(command)
    .addOption(new Option('--json', 'print a line of JSON for each row').conflicts('csv'))
    .option('--csv', 'print CSV; an empty field is NULL, "" an empty text')
    .addHelpText('after', examples)
    .action(async (sql: string, flags: QueryFlags) => context.ended(await runQuery(sql, flags, context)));
}

async function runQuery(given: string, flags: QueryFlags, context: CommandContext): Promise<ExitCode> {
  const signal = context.stopping();
  const sql = given === '-' ? (await Array.fromAsync(context.readInput())).join('') : given;
  const form: ResultForm = flags.json === true ? 'json' : flags.csv === true ? 'csv' : 'table';
  try {
    return await withSource(flags, context, signal, (data) => answer({ sql, form, data, signal }, context));
  } catch (error) {
    if (!signal.aborted) throw error;
    return signal.reason === 'no reader' ? exitCodes.clean : exitCodes.interrupted;
  }
}

type Question = { sql: string; form: ResultForm; data: OrderData; signal: AbortSignal };

async function answer({ sql, form, data, signal }: Question, context: CommandContext): Promise<ExitCode> {
  const { prepareReading, sqlProblem } = await import('./read-only-statement.ts');
  const { resultLines } = await import('./result-lines.ts');
  const statement = await prepareReading(data.connection, sql);
  try {
    for await (const text of resultLines(await statement.stream(), form, context)) {
      context.write(text);
      await context.drained();
      signal.throwIfAborted();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw sqlProblem(error);
  }
  if (data.unreadable === 0) return exitCodes.clean;
  context.writeError(`orders: ${data.unreadable} events in order streams cannot be read, and are not in there\n`);
  return exitCodes.notClean;
}
