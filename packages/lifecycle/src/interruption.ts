// How commands, which are no services, are interrupted: by a signal that a person sends once, and twice if need be.

/** The exit code that a shell gives to what Ctrl-C has ended. */
const interrupted = 130;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `cleanUp` once, when the process is asked to end, and ends it. */
export function onInterruption(cleanUp: () => void): void {
  for (const signal of signals) {
    process.once(signal, () => {
      cleanUp();
      process.exit(interrupted);
    });
  }
}

/**
 * Aborted with `reason` when the process is asked to end, which it then does by itself. Asked once more, it ends on the
 * spot.
 */
export function interruptionSignal(reason: string): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) process.once(signal, () => controller.abort(reason));
  return controller.signal;
}

/**
 * Ends the process with `code`, once its last work is done: as soon as nothing keeps it alive, and after `ms` at the
 * latest. The client of a server that says nothing may never let go of its connection.
 */
export function endWithin(ms: number, code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), ms).unref();
}
