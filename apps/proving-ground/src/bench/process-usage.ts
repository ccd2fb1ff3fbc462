// What the kernel tells about a process (proc(5)).
import { readFileSync } from 'node:fs';

export type ProcessUsage = {
  /** Seconds of processor time since its start. */
  cpuSeconds: number;
  /** Memory that it holds now. */
  residentBytes: number;
};

const ticksPerSecond = 100;

export function usageOf(pid: number | undefined): ProcessUsage {
  const file = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
  // Behind the name, which may hold anything, in clock ticks: utime and stime are fields 14 and 15.
  const fields = file('stat').split(') ').at(-1)?.split(' ') ?? [];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    residentBytes: Number(/VmRSS:\s+(\d+) kB/.exec(file('status'))?.[1]) * 1_024,
  };
}

/** The most memory that a process has held since its start. */
export const peakBytesOf = (pid: number | undefined): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;

/** Of this process, which generates load while it measures. */
export const loadGeneratorUsage = (): ReadonlyMap<string, ProcessUsage> =>
  new Map([['load generator', usageOf(process.pid)]]);

/** Microseconds of processor time for each order, of every process, between two looks. */
export function cpuPerOrder(
  before: ReadonlyMap<string, ProcessUsage>,
  after: ReadonlyMap<string, ProcessUsage>,
  orders: number,
): Map<string, number> {
  return new Map(
    [...after].map(([name, { cpuSeconds }]) => [
      name,
      ((cpuSeconds - (before.get(name)?.cpuSeconds ?? 0)) / orders) * 1e6,
    ]),
  );
}
