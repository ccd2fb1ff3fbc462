// The command line `orders`. Whatever goes wrong ends in one line and one of the exit codes, never in a stack.
import { Command, CommanderError } from 'commander';
import { addAuditCommand } from './audit/audit-command.ts';
import type { CommandContext } from './command-context.ts';
import { type ExitCode, exitCodes, oneLine, UnreachableError, UnusableInputError } from './failures.ts';
import { addInDoubtCommand } from './in-doubt-command.ts';
import { addRedriveCommand } from './redrive/redrive-command.ts';

type OrdersOptions = { argv: readonly string[] } & Omit<CommandContext, 'ended'>;

/** `argv` without the program. Resolves to the exit code, and never rejects. */
export async function runOrders({ argv, ...io }: OrdersOptions): Promise<ExitCode> {
  let code: ExitCode = exitCodes.clean;
  const context: CommandContext = {
    ...io,
    ended: (end) => {
      code = end;
    },
  };
  const program = ordersCommand(context);
  try {
    // pnpm hands over the -- that separates its own arguments from ours.
    await program.parseAsync(argv[0] === '--' ? argv.slice(1) : argv, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said by itself what was wrong, and how it would be right.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.clean : exitCodes.unusable;
    io.writeError(`orders: ${oneLine(error)}\n`);
    if (error instanceof UnusableInputError) return exitCodes.unusable;
    return error instanceof UnreachableError ? exitCodes.unreachable : exitCodes.notClean;
  }
}

function ordersCommand(context: CommandContext): Command {
  const program = new Command('orders')
    .description('For those who operate the order gateway: look whether every promise was kept, and mend what was not.')
    .exitOverride()
    .configureOutput({ writeOut: context.write, writeErr: context.writeError })
    .showHelpAfterError('(orders --help, or --help after a command, shows examples)')
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nExit codes: 0 clean, 1 violations or something not done, 64 unusable arguments, 69 unreachable.',
    );
  addAuditCommand(program, context);
  addInDoubtCommand(program, context);
  addRedriveCommand(program, context);
  return program;
}
