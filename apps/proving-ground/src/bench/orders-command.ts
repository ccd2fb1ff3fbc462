// The command `orders` as a process of its own, as an analyst would start it, and what it took.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeExit, startProcess } from '@orders/local-system/managed-process';
import { type ProcessUsage, peakBytesOf, usageOf } from './process-usage.ts';

export type CommandUse = ProcessUsage & {
  /** From its start to its end. */
  seconds: number;
  /** The most memory that it ever held. */
  peakBytes: number;
};

const program = join(import.meta.dirname, '../../../cli/src/main.ts');
const lookEveryMs = 50;

/** What it prints goes nowhere. Rejects unless it ends with exit code 0. */
export async function runOrdersCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<CommandUse> {
  const startMs = performance.now();
  const { pid, exited, recentLines } = startProcess({
    name: `orders ${args[0]}`,
    command: '/bin/sh',
    // Whoever reads a million lines would take the processor from what is measured.
    args: [
      '-c',
      'exec "$0" "$@" > /dev/null',
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      program,
      ...args,
    ],
    env,
  });
  let ended = false;
  const exit = exited.finally(() => {
    ended = true;
  });
  let use = { cpuSeconds: 0, residentBytes: 0, peakBytes: 0 };
  while (!ended) {
    use = lookAt(pid) ?? use;
    await Promise.race([exit, sleep(lookEveryMs)]);
  }
  const { code, signal } = await exit;
  if (code !== 0)
    throw new Error(`orders ${args.join(' ')} ended with ${describeExit({ code, signal })}: ${recentLines().at(-1)}`);
  return { ...use, seconds: (performance.now() - startMs) / 1_000 };
}

function lookAt(pid: number | undefined) {
  try {
    const use = { ...usageOf(pid), peakBytes: peakBytesOf(pid) };
    // One that has just ended holds nothing any more.
    return Number.isNaN(use.peakBytes) ? null : use;
  } catch {
    return null;
  }
}
