// `orders rebuild`: the read model anew, from the log alone, without a moment in which nobody can read.
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { type ExitCode, exitCodes } from '../failures.ts';
import { showStages } from '../verify/command-stages.ts';
import { counted, differenceLines, whole } from '../verify/difference-lines.ts';
import { eachReadModel, type ModelHome, type RedisFlags, redisOption, shardWords } from '../verify/live-model.ts';
import { usualLease } from './model-build.ts';
import { type Rebuilt, rebuildModel } from './rebuild-model.ts';

type RebuildFlags = EventStoreFlags & RedisFlags & { force?: true };

const graceMs = 10_000;

const examples = `
Examples:
  $ orders rebuild
  3,126 events folded in 0.4 s (7,815 a second)
  1,042 orders compared: no difference
  switched; the former read model is removed

  After a difference, which orders verify shows as well:
  $ orders rebuild --force

Reads are answered by the old read model meanwhile, and the projector goes on. Redis holds both for
that time. Exit code 1: there are differences, and nothing was switched.`;

export function addRebuildCommand(program: Command, context: CommandContext): void {
  program
    .command('rebuild')
    .summary('build the read model again beside the live one, compare, and switch')
    .description('Builds the read model again beside the live one, compares every order, and switches to the new one.')
    .option('--force', 'switch although there are differences')
    .option(...redisOption)
    .option(...eventStoreOption)
    .addHelpText('after', examples)
    .action(async (flags: RebuildFlags) => context.ended(await rebuild(flags, context)));
}

async function rebuild(flags: RebuildFlags, context: CommandContext): Promise<ExitCode> {
  const signal = context.stopping();
  const stages = showStages(context);
  try {
    return await withEventStore(flags, context, async (connection) => {
      const rebuild = async (home: ModelHome) => {
        const which = shardWords(home.shard, ' ', '');
        const rebuilt = await rebuildModel({
          client: connection.client(),
          home,
          force: flags.force ?? false,
          ...{ graceMs, lease: usualLease },
          onFolded: stages.on(`building${which}`, 'events'),
          onCompared: stages.on(`comparing${which}`, 'orders'),
          signal,
        });
        stages.end();
        context.write(shardWords(home.shard, '', ':\n'));
        for (const text of linesOf(rebuilt)) context.write(text);
        return rebuilt.switched;
      };
      const switched = await Array.fromAsync(eachReadModel(flags, context, rebuild));
      return switched.every(Boolean) ? exitCodes.clean : exitCodes.notClean;
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    stages.end();
    context.writeError('orders: stopped; the read model that was being built again is the one that it was\n');
    return exitCodes.interrupted;
  } finally {
    stages.end();
  }
}

function* linesOf({ events, orders, foldMs, differences, switched, removed }: Rebuilt): Generator<string> {
  const perSecond = Math.round(events / Math.max(0.001, foldMs / 1_000));
  yield `${counted(events, 'event')} folded in ${(foldMs / 1_000).toFixed(1)} s (${whole(perSecond)} a second)\n`;
  yield `${counted(orders, 'order')} compared${differences.count() === 0 ? ': no difference' : ''}\n`;
  yield* differenceLines(differences);
  if (!switched) yield 'nothing was switched, and what was built is removed; --force switches nevertheless\n';
  else if (removed) yield 'switched; the former read model is removed\n';
  else yield 'switched; what is left of the former read model goes with the next rebuild\n';
}
