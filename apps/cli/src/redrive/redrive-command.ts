// `orders redrive`: one order by its id, or many by what they have in common. Who and why go into the history of each.
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { apiSetting, settingOf } from '../command-settings.ts';
import { type ExitCode, exitCodes, UnusableInputError } from '../failures.ts';
import { count, seconds } from '../option-values.ts';
import { type OrdersApi, ordersApiAt } from '../orders-api.ts';
import { type CanaryEnd, redriveInSteps } from './canary-steps.ts';
import { breakdown, type Candidate, candidateTable, findCandidates } from './candidates.ts';

type RedriveFlags = {
  status?: string[];
  code?: string;
  reasonContains?: string;
  instrument?: string;
  side?: string;
  account?: string;
  placedFrom?: string;
  placedTo?: string;
  limit?: number;
  by?: string;
  reason?: string;
  dryRun?: true;
  wait: number;
  api?: string;
};

const examples = `
Examples:
  One order, by its id:
  $ orders redrive 019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e --by anna --reason 'INC-42: venue is back'

  What would be redriven, and why each of them failed; changes nothing:
  $ orders redrive --status failed --code attempts_exhausted --dry-run

  All of them: 1 order first, then 10, then 100 at a time. Each step waits until its orders have
  come to an end, and an order that ends as it did before stops the rest:
  $ orders redrive --status failed --by anna --reason 'INC-42: venue is back'
  25 orders
        25  refused_by_exchange: trading is halted
  step 1: 1 redriven, 1 submitted
  step 2: 10 redriven, 10 submitted
  step 3: 14 redriven, 14 submitted
  25 redriven, 25 submitted, 0 skipped, 0 left as they were

  Orders in doubt, some only:
  $ orders redrive --status in_doubt --reason-contains 'no answer' --limit 20 \\
      --placed-to 2026-01-31T09:00:00Z --by anna --reason 'INC-42: venue has none of them'

The exit code is 0 only when every order that was meant is submitted.`;

export function addRedriveCommand(program: Command, context: CommandContext): void {
  program
    .command('redrive')
    .summary('send orders round again that failed, or are in doubt')
    .description('Sends orders round again that failed, or are in doubt: a few first, and the rest if that went well.')
    .argument('[id]', 'the one order to redrive')
    .addOption(
      new Option('--status <status>', 'those in this status; may be repeated')
        .choices(['failed', 'in_doubt'])
        .argParser(statuses),
    )
    .option('--code <code>', 'only those that failed with this code')
    .option('--reason-contains <text>', 'only those whose failure has this in its reason')
    .option('--instrument <instrument>', 'only those for this instrument')
    .addOption(new Option('--side <side>', 'only those on this side').choices(['buy', 'sell']))
    .option('--account <account>', 'only those of this account')
    .option('--placed-from <time>', 'only those placed at this time (RFC 3339) or later')
    .option('--placed-to <time>', 'only those placed up to this time')
    .option('--limit <orders>', 'the oldest ones only', count)
    .option('--by <who>', 'who redrives')
    .option('--reason <why>', 'and why')
    .option('--dry-run', 'list the orders, and redrive none')
    .option('--wait <seconds>', 'how long the orders of a step may take', seconds, 120)
    .option('--api <url>', 'base URL of the API (ORDERS_API, http://localhost:8000)')
    .addHelpText('after', examples)
    .action(async (id: string | undefined, flags: RedriveFlags) => context.ended(await redrive(id, flags, context)));
}

async function redrive(id: string | undefined, flags: RedriveFlags, context: CommandContext): Promise<ExitCode> {
  const { by, reason, dryRun = false, wait } = flags;
  checkSelection(id, flags);
  if (!dryRun && (by === undefined || reason === undefined))
    throw new UnusableInputError('--by and --reason are needed');
  const api = ordersApiAt(settingOf(apiSetting, flags.api, context.env));
  const candidates = id === undefined ? await findMany(api, flags) : await findOne(api, id);
  context.write(breakdown(candidates));
  if (dryRun || candidates.length === 0) {
    if (candidates.length > 0) context.write(candidateTable(candidates));
    return id !== undefined && candidates.length === 0 ? exitCodes.notClean : exitCodes.clean;
  }
  const end: CanaryEnd = { redriven: 0, submitted: 0, skipped: 0, stopped: null };
  const writeLine = (line: string) => context.write(`${line}\n`);
  const request = { by: by ?? '', reason: reason ?? '' };
  try {
    await redriveInSteps(candidates, end, { api, request, waitMs: wait * 1_000, writeLine });
  } finally {
    if (end.stopped !== null) writeLine(`stopped: ${end.stopped}`);
    writeLine(summaryOf(end, candidates.length));
  }
  return end.submitted === candidates.length ? exitCodes.clean : exitCodes.notClean;
}

const filterFlags = [
  'code',
  'reasonContains',
  'instrument',
  'side',
  'account',
  'placedFrom',
  'placedTo',
  'limit',
] as const;

function checkSelection(id: string | undefined, flags: RedriveFlags): void {
  if (id === undefined && flags.status === undefined) throw new UnusableInputError('an id or --status is needed');
  if (id !== undefined && (['status', ...filterFlags] as const).some((name) => flags[name] !== undefined))
    throw new UnusableInputError('an id says it all: the other filters are for many orders');
}

async function findOne(api: OrdersApi, id: string): Promise<Candidate[]> {
  const order = await api.find(id);
  return order === null ? [] : [{ id: order.id, failure: order.failure }];
}

function findMany(api: OrdersApi, flags: RedriveFlags): Promise<Candidate[]> {
  const { status = [], instrument, side, account, placedFrom, placedTo, code, reasonContains, limit } = flags;
  const query = new URLSearchParams(status.map((one): [string, string] => ['status', one]));
  const filters = { instrument, side, account, placed_from: placedFrom, placed_to: placedTo };
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value);
  return findCandidates(api, { query, code, reasonContains, limit });
}

function summaryOf({ redriven, submitted, skipped }: CanaryEnd, total: number): string {
  const left = total - redriven - skipped;
  return `${redriven} redriven, ${submitted} submitted, ${skipped} skipped, ${left} left as they were`;
}

function statuses(text: string, before: string[] = []): string[] {
  if (text === 'failed' || text === 'in_doubt') return [...new Set([...before, text])];
  throw new UnusableInputError(`--status has to be failed or in_doubt, and is "${text}"`);
}
