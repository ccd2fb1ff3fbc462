// How much memory each process held, from one look to the next.
import { mebibytes, median } from '../figures.ts';
import type { ProcessUsage } from './process-usage.ts';

export type MemorySamples = ReturnType<typeof memorySamples>;

export function memorySamples() {
  const samples = new Map<string, number[]>();
  return {
    add(usage: ReadonlyMap<string, ProcessUsage>) {
      for (const [name, { residentBytes }] of usage) samples.set(name, [...(samples.get(name) ?? []), residentBytes]);
    },
    /** Of all processes whose names begin so, the most that one held above its median, as a share of that. */
    rise(namePrefix: string): number {
      const rises = [...samples].flatMap(([name, bytes]) =>
        name.startsWith(namePrefix) ? [Math.max(...bytes) / median(bytes) - 1] : [],
      );
      if (rises.length === 0) throw new Error(`no process ${namePrefix} was looked at`);
      return Math.max(...rises);
    },
    /** Median and most of each process. */
    summary: (): string =>
      [...samples]
        .map(([name, bytes]) => `${name} ${mebibytes(median(bytes))}, at most ${mebibytes(Math.max(...bytes))}`)
        .join('; '),
  };
}
