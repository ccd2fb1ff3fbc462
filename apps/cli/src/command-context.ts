import type { Environment } from '@orders/config/read-config';
import type { ExitCode } from './failures.ts';

export type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** What a command knows of the process that it runs in. */
export type CommandContext = {
  env: Environment;
  write: (text: string) => void;
  writeError: (text: string) => void;
  /** Resolves as soon as the reader of the output keeps up; whoever writes much waits for it now and then. */
  drained: () => Promise<void>;
  /** So many bytes at once reach the output as a whole or not at all, when nothing else waits to be written. */
  blockBytes: number;
  /** How wide the terminal is that the text goes to; `null` where it goes to a file or another program. */
  columns: { output: number | null; errors: number | null };
  /** The text in a colour, where the output goes to a terminal that wants any. */
  paint: (format: Format, text: string) => string;
  /** Standard input as text. */
  readInput: () => AsyncIterable<string>;
  /**
   * From this call on, an interruption does not end the process: the command ends itself when the signal says so. Also
   * aborted when nobody reads the output any more; `reason` tells which.
   */
  stopping: () => AbortSignal;
  /** A command calls it once, at its end. */
  ended: (code: ExitCode) => void;
};

/** Why a command is to stop. */
export type StopReason = 'interrupted' | 'no reader';
