// `orders verify`: proves that the read model is what the log says. One line for people, or one document for programs,
// and an exit code for scripts.
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { type ExitCode, exitCodes } from '../failures.ts';
import { showStages } from './command-stages.ts';
import { counted, differenceLines } from './difference-lines.ts';
import { type RedisFlags, redisOption, withReadModel } from './live-model.ts';
import { type Verified, verifyModel } from './verify-model.ts';

type VerifyFlags = EventStoreFlags & RedisFlags & { json?: true };

const examples = `
Examples:
  $ orders verify
  1,042 orders, from 3,126 events: the read model equals the log

  $ orders verify --json | jq '.by_kind'

Nothing is written, neither to Redis nor to the event store. Exit code 1: there are differences,
which orders rebuild --force mends.`;

export function addVerifyCommand(program: Command, context: CommandContext): void {
  program
    .command('verify')
    .summary('prove that the read model equals a fresh fold of the log')
    .description('Folds the log anew, on disk, and compares every order and its index entries with the read model.')
    .option('--json', 'print one JSON document')
    .option(...redisOption)
    .option(...eventStoreOption)
    .addHelpText('after', examples)
    .action(async (flags: VerifyFlags) => context.ended(await verify(flags, context)));
}

async function verify(flags: VerifyFlags, context: CommandContext): Promise<ExitCode> {
  const signal = context.stopping();
  const stages = showStages(context);
  try {
    const verified = await withEventStore(flags, context, (connection) =>
      withReadModel(flags, context, (home) =>
        verifyModel({
          client: connection.client(),
          home,
          onFolded: stages.on('reading the log', 'events'),
          onCompared: stages.on('comparing', 'orders'),
          signal,
        }),
      ),
    );
    stages.end();
    for (const text of flags.json ? jsonOf(verified) : linesOf(verified)) context.write(text);
    return verified.differences.count() === 0 ? exitCodes.clean : exitCodes.notClean;
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    stages.end();
  }
}

function* linesOf({ orders, events, differences }: Verified): Generator<string> {
  const what = `${counted(orders, 'order')}, from ${counted(events, 'event')}`;
  const verdict = differences.count() === 0 ? 'the read model equals the log' : 'the read model does not equal the log';
  yield `${what}: ${verdict}\n`;
  yield* differenceLines(differences);
}

// In pieces: a model that is broken throughout has more differences than one string should hold.
function* jsonOf({ differences, ...facts }: Verified): Generator<string> {
  const { count, byKind, listed } = differences;
  const document = { ...facts, differences: count(), by_kind: byKind() };
  yield `${JSON.stringify(document, null, 2).slice(0, -2)},\n  "listed": [`;
  for (const [index, difference] of listed.entries())
    yield `${index === 0 ? '' : ','}\n    ${JSON.stringify(difference)}`;
  yield listed.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
}
