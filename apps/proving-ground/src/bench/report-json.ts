// Everything that a run has to say, in the form in which it is kept and compared with later ones.
import { isReached, median } from '../figures.ts';
import type { MachineReport } from './machine.ts';
import type { Measurement, Scenario, ScenarioReport } from './scenario.ts';

export type RunFacts = {
  machine: MachineReport;
  measuredAt: Date;
  rounds: number;
  scale: number;
};

export function reportJson({ key, title }: Scenario, report: ScenarioReport, facts: RunFacts): string {
  const { machine, measuredAt, rounds, scale } = facts;
  const document = {
    scenario: key,
    title,
    measured_at: measuredAt.toISOString(),
    ...{ rounds, scale, machine },
    audit: report.audit,
    goals: report.goals.map((goal) => ({
      name: goal.name,
      value: rounded(goal.value),
      [goal.isAtLeast ? 'wanted_at_least' : 'wanted_at_most']: goal.wanted,
      reached: isReached(goal),
    })),
    measurements: report.measurements.map(measurementJson),
    notes: report.notes,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function measurementJson(measurement: Measurement) {
  const { name, unit, rounds, p50Ms, p99Ms, cpuMicros, residentBytes } = measurement;
  return {
    ...{ name, unit, median: rounded(median(rounds)), rounds: rounds.map(rounded) },
    ...(p50Ms && { p50_ms: p50Ms.map(rounded) }),
    ...(p99Ms && { p99_ms: p99Ms.map(rounded) }),
    ...(cpuMicros && { cpu_micros: roundedEach(cpuMicros) }),
    ...(residentBytes && { resident_bytes: residentBytes }),
  };
}

const significantDigits = 5;
const rounded = (value: number): number => Number(value.toPrecision(significantDigits));
const roundedEach = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rounded(value)]));
