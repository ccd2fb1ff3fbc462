// Runs the load generator as a process of its own, so that the measure of what arrives does not depend on the bench.
import { join } from 'node:path';
import { describeExit, startProcess } from '@orders/local-system/managed-process';
import type { LoadOrder, LoadSecond } from './load-report.ts';

type Run = { order: LoadOrder; path: string | undefined; onSecond?: (second: LoadSecond) => void };

/** Rejects when the generator ends other than by having finished. */
export async function runLoad({ order, path, onSecond }: Run): Promise<LoadSecond[]> {
  const seconds: LoadSecond[] = [];
  const generator = startProcess({
    name: 'load',
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'load-process.ts'),
      JSON.stringify(order),
    ],
    env: { PATH: path },
    onLine(line) {
      if (!line.startsWith('{')) return;
      const second: LoadSecond = JSON.parse(line);
      seconds.push(second);
      onSecond?.(second);
    },
  });
  const exit = await generator.exited;
  if (exit.code !== 0) throw new Error(`load: ${describeExit(exit)}\n${generator.recentLines().join('\n')}`);
  return seconds;
}
