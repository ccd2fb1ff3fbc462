import { Argument, type Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../failures.ts';
import { bashCompletion } from './bash.ts';
import { commandWords } from './command-words.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

const examples = `
Examples:
  In bash, for this shell; in ~/.bashrc, for all of them:
  $ source <(orders completion bash)

  In zsh, the same in ~/.zshrc, after compinit:
  $ source <(orders completion zsh)

  In fish:
  $ orders completion fish > ~/.config/fish/completions/orders.fish

Where orders is run by pnpm, give it its name first:
  $ orders() { pnpm --silent --dir /path/to/order-gateway orders "$@"; }`;

export function addCompletionCommand(program: Command, context: CommandContext): void {
  program
    .command('completion')
    .summary('print what makes a shell complete commands, options and values')
    .description('Prints a script that makes a shell complete the commands, their options and values.')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(shells)))
    .addHelpText('after', examples)
    .action((shell: keyof typeof shells) => {
      context.write(shells[shell](commandWords(program)));
      context.ended(exitCodes.clean);
    });
}
