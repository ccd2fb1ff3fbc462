import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 60_000;

/** Resolves once the condition holds. Rejects after a minute, which is what a busy machine may need. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, pauseMs = 50): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await sleep(pauseMs);
  }
}
