// One side of a comparison, round by round: how much was done in how long, and what it cost every process.
import { median } from '../figures.ts';
import type { ProcessUsage } from './process-usage.ts';
import type { Measurement } from './scenario.ts';

export type Round = {
  /** Orders, appends, jobs. */
  count: number;
  seconds: number;
  p50Ms?: number;
  p99Ms?: number;
};

type Side = {
  name: string;
  unit: string;
  /** Of the processes that this side has to pay for, by name. */
  usage: () => ReadonlyMap<string, ProcessUsage>;
};

export type RoundTally = ReturnType<typeof roundTally>;

export function roundTally({ name, unit, usage }: Side) {
  const rounds: Round[] = [];
  const cpuSeconds = new Map<string, number>();
  let residentBytes: Record<string, number> = {};

  /** What the processes use while it runs counts as the cost of the round. */
  async function measure<Figures extends Round>(run: () => Promise<Figures>): Promise<Figures> {
    const before = usage();
    const figures = await run();
    const after = usage();
    for (const [process, { cpuSeconds: now }] of after) {
      const used = now - (before.get(process)?.cpuSeconds ?? 0);
      cpuSeconds.set(process, (cpuSeconds.get(process) ?? 0) + used);
    }
    residentBytes = Object.fromEntries([...after].map(([process, { residentBytes: bytes }]) => [process, bytes]));
    rounds.push(figures);
    return figures;
  }

  const ofEach = (figure: (round: Round) => number | undefined): number[] =>
    rounds.map(figure).filter((value) => value !== undefined);

  return {
    measure,
    measurement(): Measurement {
      const count = rounds.reduce((total, round) => total + round.count, 0);
      const p50Ms = ofEach((round) => round.p50Ms);
      const p99Ms = ofEach((round) => round.p99Ms);
      return {
        name,
        unit,
        rounds: rounds.map((round) => round.count / round.seconds),
        ...(p50Ms.length > 0 && { p50Ms }),
        ...(p99Ms.length > 0 && { p99Ms }),
        cpuMicros: Object.fromEntries([...cpuSeconds].map(([process, used]) => [process, (used / count) * 1e6])),
        residentBytes,
      };
    },
  };
}

/** The median of the ratios of each round: what else the machine did hit both of a pair. */
export const ratioByRound = (ours: Measurement, reference: Measurement): number =>
  median(ours.rounds.map((rate, round) => rate / (reference.rounds[round] ?? Number.NaN)));
