// For commands that start processes of their own and keep no data: when somebody interrupts them, nothing of it stays.

/** The exit code that a shell gives to what Ctrl-C has ended. */
const interrupted = 130;

/** Runs `cleanUp` once, when the process is asked to end, and ends it. */
export function onInterruption(cleanUp: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      cleanUp();
      process.exit(interrupted);
    });
  }
}
