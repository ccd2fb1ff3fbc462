// What the overload bench asks of the API, in figures: each criterion with what was wanted and what was seen. Pure, so
// that a test can hold it against runs that went wrong.
import { median } from '../figures.ts';
import type { LoadSecond } from './load-report.ts';

export type OverloadRun = {
  /** Orders a second that the API accepts when nothing is refused. */
  peakPerSecond: number;
  /** The same, or what it was after the overload, if that is more: machines have neighbours. */
  higherPeakPerSecond: number;
  /** How many times the peak was to be offered. */
  multiple: number;
  /** Half of the peak, before. */
  before: readonly LoadSecond[];
  during: readonly LoadSecond[];
  /** Half of the peak again, from the second in which the overload ended. */
  after: readonly LoadSecond[];
  /** Memory of each API process, one value a second of the overload, in bytes. */
  apiBytes: ReadonlyMap<string, readonly number[]>;
  /** Processes that ended by themselves. */
  deaths: number;
  /** Answers with 201 whose order is not stored. */
  brokenPromises: number;
};

export type Criterion = { name: string; wanted: string; seen: string; isMet: boolean };

const goodputShareMin = 0.8;
// What was offered may fall short of what was meant by this much: the generator has no processor of its own.
const offeredShareMin = 0.95;
const recoverySecondsMax = 10;
// Back to normal is what stays below both: some factor of what it was before, and the wait that the API allows an order
// at any time (API_SHED_WAIT_MS). Until the workers are through with what was accepted, they share the processor.
const normalFactor = 2;
const normalMsMin = 500;
const steadySeconds = 3;
// The heap of Node grows in steps; a queue without bound would grow by this much in a few seconds.
const growthBytesMax = 128 * 1_048_576;

export function judgeOverload(run: OverloadRun): Criterion[] {
  const { peakPerSecond, higherPeakPerSecond, multiple, before, during, after, deaths, brokenPromises } = run;
  const all = [...before, ...during, ...after];
  const goodput = sum(during, 'created') / during.length / higherPeakPerSecond;
  const offered = sum(during, 'offered') / during.length / peakPerSecond;
  const others = all.reduce((count, second) => count + Object.values(second.others).reduce((a, b) => a + b, 0), 0);
  const recovery = secondsUntilNormal(after, normalP99Ms(before));
  const growth = Math.max(...[...run.apiBytes.values()].map(growthBytes));
  const none = (name: string, count: number) => ({ name, wanted: 'none', seen: String(count), isMet: count === 0 });
  return [
    {
      name: 'offered, times the peak',
      wanted: `≥ ${(multiple * offeredShareMin).toFixed(2)}`,
      seen: offered.toFixed(2),
      isMet: offered >= multiple * offeredShareMin,
    },
    {
      name: 'goodput, share of the peak',
      wanted: `≥ ${goodputShareMin.toFixed(2)}`,
      seen: goodput.toFixed(2),
      isMet: goodput >= goodputShareMin,
    },
    none('seconds without any 201', during.filter(({ created }) => created === 0).length),
    none('answers other than 201 and 503', others),
    none('connections that broke', sum(all, 'connectionErrors')),
    none('503 without Retry-After or outcome', sum(all, 'mutedSheds')),
    none('503 before the overload', sum(before, 'shed')),
    none('processes that died', deaths),
    none('201 without a stored order', brokenPromises),
    {
      name: 'growth of an API process, MiB',
      wanted: `≤ ${growthBytesMax / 1_048_576}`,
      seen: (growth / 1_048_576).toFixed(0),
      isMet: growth <= growthBytesMax,
    },
    {
      name: `seconds until p99 ≤ ${normalP99Ms(before).toFixed(0)} ms and no 503`,
      wanted: `≤ ${recoverySecondsMax}`,
      seen: recovery === null ? 'never' : String(recovery),
      isMet: recovery !== null && recovery <= recoverySecondsMax,
    },
  ];
}

/** The p99 that still counts as normal, by the seconds before the overload. */
export function normalP99Ms(before: readonly LoadSecond[]): number {
  const seen = before.flatMap(({ createdP99Ms }) => (createdP99Ms === null ? [] : [createdP99Ms]));
  return Math.max(normalMsMin, normalFactor * median(seen));
}

/** Whole seconds after which it was as before, and stayed so for a while; null when it never was. */
export function secondsUntilNormal(after: readonly LoadSecond[], p99Ms: number): number | null {
  const isNormal = ({ shed, created, createdP99Ms }: LoadSecond) =>
    shed === 0 && created > 0 && (createdP99Ms ?? 0) <= p99Ms;
  for (let second = 0; second + steadySeconds <= after.length; second += 1) {
    if (after.slice(second, second + steadySeconds).every(isNormal)) return second;
  }
  return null;
}

/** How much more a process holds in the last quarter of the run than it did in the second, once it had warmed up. */
function growthBytes(samples: readonly number[]): number {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  return median(samples.slice(-quarter)) - median(samples.slice(quarter, 2 * quarter));
}

export const sum = (
  seconds: readonly LoadSecond[],
  figure: 'due' | 'offered' | 'created' | 'shed' | 'mutedSheds' | 'connectionErrors',
): number => seconds.reduce((total, second) => total + second[figure], 0);
