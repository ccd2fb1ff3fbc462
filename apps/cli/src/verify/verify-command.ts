// `orders verify`: proves that the read model is what the log says. One line for people, or one document for programs,
// and an exit code for scripts.
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { type ExitCode, exitCodes } from '../failures.ts';
import { showStages } from './command-stages.ts';
import { counted, differenceLines } from './difference-lines.ts';
import { eachReadModel, type RedisFlags, redisOption, shardWords } from './live-model.ts';
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
      Array.fromAsync(
        eachReadModel(flags, context, (home) => {
          const which = shardWords(home.shard, ' ', '');
          return verifyModel({
            client: connection.client(),
            home,
            onFolded: stages.on(`reading the log${which}`, 'events'),
            onCompared: stages.on(`comparing${which}`, 'orders'),
            signal,
          });
        }),
      ),
    );
    stages.end();
    for (const text of flags.json ? jsonOf(verified) : verified.flatMap((one) => [...linesOf(one)]))
      context.write(text);
    return verified.every(({ differences }) => differences.count() === 0) ? exitCodes.clean : exitCodes.notClean;
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    stages.end();
  }
}

function* linesOf({ shard, orders, events, differences }: Verified): Generator<string> {
  const what = `${counted(orders, 'order')}, from ${counted(events, 'event')}`;
  const verdict = differences.count() === 0 ? 'the read model equals the log' : 'the read model does not equal the log';
  yield `${shardWords(shard, '', ': ')}${what}: ${verdict}\n`;
  yield* differenceLines(differences);
}

/** One document for one shard; for several, one that holds theirs, and how many differences there are in all. */
function* jsonOf(verified: readonly Verified[]): Generator<string> {
  const [only] = verified;
  if (verified.length === 1 && only !== undefined) return yield* documentOf(only);
  const total = verified.reduce((sum, { differences }) => sum + differences.count(), 0);
  yield `{"differences": ${total}, "shards": [\n`;
  for (const [index, one] of verified.entries()) {
    if (index > 0) yield ',\n';
    yield* documentOf(one);
  }
  yield ']}\n';
}

// In pieces: a model that is broken throughout has more differences than one string should hold.
function* documentOf({ shard, differences, ...facts }: Verified): Generator<string> {
  const { count, byKind, listed } = differences;
  const document = { ...(shard.of > 1 && { shard }), ...facts, differences: count(), by_kind: byKind() };
  yield `${JSON.stringify(document, null, 2).slice(0, -2)},\n  "listed": [`;
  for (const [index, difference] of listed.entries())
    yield `${index === 0 ? '' : ','}\n    ${JSON.stringify(difference)}`;
  yield listed.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
}
