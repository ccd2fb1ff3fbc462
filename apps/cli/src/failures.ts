// The ends of a command that are not its result: each is one line for the person who called it, and an exit code.

export const exitCodes = {
  /** Nothing to object to. */
  clean: 0,
  /** A violation was found, or something that was asked for was not done. */
  notClean: 1,
  /** The arguments, or a file that they name, cannot be used. */
  unusable: 64,
  /** A server cannot be reached, or does not answer as it should. */
  unreachable: 69,
  /** Stopped by the person who called it, before its end. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What the caller gave cannot be used. */
export class UnusableInputError extends Error {
  override readonly name = 'UnusableInputError';
}

/** A server does not answer, or answers with what it cannot have meant. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(server: string, cause: unknown) {
    super(`${server} cannot be reached: ${oneLine(cause)}`, { cause });
  }
}

/** The text of an error in one line of bounded length, with the reason that `fetch` hides in its cause. */
export function oneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  // Several addresses that were all tried leave an error without a message of its own.
  const reason = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  const text = tidied(error.message);
  const why = reason instanceof Error ? tidied(reason.message) : '';
  return (text.includes(why) ? text : `${text} (${why})`).slice(0, 300);
}

// gRPC ends its messages with a note that it leaves empty.
const tidied = (message: string): string =>
  message
    .replace(/\s+/g, ' ')
    .replace(/\.? ?Resolution note: ?$/, '')
    .trim();
