// What a scenario is told, and what it reports: the words that all scenarios and all forms of the report share.
import type { Goal } from '../figures.ts';

export type BenchOptions = {
  /** How often each side of a comparison is measured, in turns. */
  rounds: number;
  /** 1: as long and as large as the goals ask for. Below: that share of it, to try something out. */
  scale: number;
  /** Of the machine, to find commands. */
  path: string | undefined;
  /** Every process leaves a `.cpuprofile` in there. */
  profileFolder?: string;
  /** Progress, for whoever waits. */
  write: (line: string) => void;
};

/** One side of a comparison: the system in one state, or a reference. */
export type Measurement = {
  name: string;
  /** What the rounds count: `orders/s`, `events/s`, `ms`, `bytes`. */
  unit: string;
  /** One figure for each round, in their order. */
  rounds: readonly number[];
  /** One figure for each round as well. */
  p50Ms?: readonly number[];
  p99Ms?: readonly number[];
  /** Microseconds of processor time for each order or event, by process. */
  cpuMicros?: Readonly<Record<string, number>>;
  /** Memory at the end, by process. */
  residentBytes?: Readonly<Record<string, number>>;
};

export type ScenarioReport = {
  measurements: readonly Measurement[];
  goals: readonly Goal[];
  /** What the audit said; `null` where nothing is placed. */
  audit: string | null;
  /** What a reader must know to understand the figures. */
  notes: readonly string[];
};

export type Scenario = {
  /** How it is chosen on the command line. */
  key: string;
  title: string;
  /** How often each side is measured unless the command line says otherwise; 3 when absent. */
  rounds?: number;
  /** Rejects when the audit is not clean: then no figure counts. */
  run: (options: BenchOptions) => Promise<ScenarioReport>;
};
