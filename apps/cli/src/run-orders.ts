// The command line `orders`. Whatever goes wrong ends in one line and one of the exit codes, never in a stack.
import { ConfigError } from '@orders/config/read-config';
import { type Argument, Command, CommanderError } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addCommands, firstExamples } from './commands.ts';
import { type ExitCode, exitCodes, oneLine, UnreachableError, UnusableInputError } from './failures.ts';

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
  // pnpm hands over the -- that separates its own arguments from ours.
  const words = argv[0] === '--' ? argv.slice(1) : argv;
  const program = ordersCommand(context);
  try {
    await addCommands(program, context, words[0]);
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said by itself what was wrong, and how it would be right.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.clean : exitCodes.unusable;
    io.writeError(`orders: ${oneLine(error)}\n`);
    if (error instanceof UnusableInputError || error instanceof ConfigError) return exitCodes.unusable;
    return error instanceof UnreachableError ? exitCodes.unreachable : exitCodes.notClean;
  }
}

const helpWidth = { withoutTerminal: 80, max: 100 };

function ordersCommand({ write, writeError, columns, paint }: CommandContext): Command {
  const width = (terminal: number | null) => Math.min(terminal ?? helpWidth.withoutTerminal, helpWidth.max);
  return new Command('orders')
    .usage('<command> [options]')
    .description('Looks at orders, operates the gateway, and proves that every promise was kept.')
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: writeError,
      outputError: (text, writeLine) => writeLine(refusal(text)),
      getOutHelpWidth: () => width(columns.output),
      getErrHelpWidth: () => width(columns.errors),
      // Where no colour belongs, none is painted.
      getOutHasColors: () => true,
      getErrHasColors: () => false,
    })
    .configureHelp({
      styleTitle: (text) => paint('bold', text),
      // What an option is, its own help says.
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    .helpCommand(false)
    .addHelpText('after', `\n${paint('bold', 'Examples:')}\n${firstExamples()}${ends}`);
}

const ends = `
A command shows more of them: orders <command> --help.
Colours are for terminals only; NO_COLOR=1 takes them away.

Exit codes:
    0  it is as it should be
    1  a violation was found, or something that was asked for was not done
   64  the arguments, or a file that they name, cannot be used
   69  a server cannot be reached, or does not answer as it should
  130  interrupted before the end`;

const argumentTerm = (argument: Argument): string =>
  argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;

/** What Commander says in several lines, in one. */
const refusal = (text: string): string =>
  `orders: ${text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ')} (--help shows examples)\n`;
