import type { Environment } from '@orders/config/read-config';
import type { ExitCode } from './failures.ts';

/** What a command knows of the process that it runs in. */
export type CommandContext = {
  env: Environment;
  write: (text: string) => void;
  writeError: (text: string) => void;
  /** Standard input as text. */
  readInput: () => AsyncIterable<string>;
  /** A command calls it once, at its end. */
  ended: (code: ExitCode) => void;
};
