// Orders at a steady rate, and what every single answer took: percentiles of a whole round cannot be had from those of
// its seconds. Whatever is no 201 is counted, and so is an order that found no connection to be sent on.
import { percentile } from '../figures.ts';
import type { LoadSecond } from '../overload/load-report.ts';
import { runLoad } from '../overload/load-runner.ts';
import type { Measurement } from './scenario.ts';

type SteadyLoad = {
  api: { host: string; port: number };
  acknowledgedFile: string;
  /** Of the machine, to find commands. */
  path: string | undefined;
  ratePerSecond: number;
  connections: number;
  /** The load before, of which only errors count: the generator warms up, and what was changed takes effect. */
  leadInSeconds: number;
  seconds: number;
};

export type SteadyFigures = {
  /** All that were answered with 201, those of the lead-in too. */
  created: number;
  /** Orders that were not answered with 201, those of the lead-in too. */
  errors: number;
  /** The same, by what came instead. */
  errorKinds: ReadonlyMap<string, number>;
  p50Ms: number;
  p99Ms: number;
  /** When the lead-in was over, in milliseconds since 1970. */
  measuredFromMs: number;
};

const leadIn = 'lead-in';

/** Both times are whole seconds, or what is left of them is not loaded. */
export async function postSteadily(load: SteadyLoad): Promise<SteadyFigures> {
  const { api, acknowledgedFile, path, ratePerSecond, connections, leadInSeconds, seconds } = load;
  const phases = [
    { name: leadIn, seconds: leadInSeconds, ratePerSecond },
    { name: 'measured', seconds, ratePerSecond },
  ];
  const settings = { ...api, phases, connections, niceness: 0, acknowledgedFile, reportsEachLatency: true };
  let measuredFromMs = Date.now();
  const reports = await runLoad({
    order: settings,
    path,
    onSecond: ({ phase }) => {
      if (phase === leadIn) measuredFromMs = Date.now();
    },
  });
  const latenciesMs = reports.flatMap(({ phase, createdMs = [] }) => (phase === leadIn ? [] : createdMs));
  const errorKinds = errorKindsOf(reports);
  return {
    created: reports.reduce((total, { created }) => total + created, 0),
    errors: [...errorKinds.values()].reduce((total, count) => total + count, 0),
    errorKinds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    measuredFromMs,
  };
}

function errorKindsOf(reports: readonly LoadSecond[]): Map<string, number> {
  const kinds = new Map<string, number>();
  const add = (kind: string, count: number) => kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  for (const { due, offered, shed, others, connectionErrors } of reports) {
    add('not sent: every connection was taken for too long', due - offered);
    add('503', shed);
    add('without an answer', connectionErrors);
    for (const [status, count] of Object.entries(others)) add(status, count);
  }
  return new Map([...kinds].filter(([, count]) => count > 0));
}

export const errorsOf = (rounds: readonly SteadyFigures[]): number =>
  rounds.reduce((total, { errors }) => total + errors, 0);

export const steadyMeasurement = (name: string, rounds: readonly SteadyFigures[]): Measurement => ({
  name,
  unit: 'ms (p99)',
  rounds: rounds.map(({ p99Ms }) => p99Ms),
  p50Ms: rounds.map(({ p50Ms }) => p50Ms),
  p99Ms: rounds.map(({ p99Ms }) => p99Ms),
});
