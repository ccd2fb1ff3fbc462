// How the benches of the event store put their figures: the middle of several rounds, and how far they lie apart.

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export const perSecond = (rates: readonly number[]): string => {
  const spread = `${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)}`;
  return `${median(rates).toFixed(0).padStart(7)} /s (${spread})`;
};

export const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MiB`;

export type Goal = { name: string; value: number; text: string; wanted: number; isAtLeast: boolean };

export const isReached = ({ value, wanted, isAtLeast }: Goal): boolean =>
  isAtLeast ? value >= wanted : value <= wanted;

export function goalLine(goal: Goal): string {
  const { name, text, wanted, isAtLeast } = goal;
  return `${name.padEnd(46)} ${text.padStart(10)}   ${isReached(goal) ? 'reached' : 'MISSED '}  wanted ${isAtLeast ? '≥' : '≤'} ${wanted}`;
}
