// A scenario in lines for the terminal: what was measured, what it cost, and how it stands to its goals.
import { goalLine, mebibytes, median } from '../figures.ts';
import type { Measurement, ScenarioReport } from './scenario.ts';

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** As many digits as say something. */
export function figureText(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return grouped.format(value);
  return value.toFixed(size >= 10 ? 1 : 2);
}

export const spreadText = (values: readonly number[]): string =>
  `${figureText(Math.min(...values))}–${figureText(Math.max(...values))}`;

const nameWidth = 34;
const columns = [
  { title: 'median', width: 22 },
  { title: 'min–max', width: 18 },
  { title: 'p50 ms', width: 10 },
  { title: 'p99 ms', width: 10 },
] as const;

const row = (name: string, cells: readonly string[]): string =>
  `${name.padEnd(nameWidth)}${cells.map((cell, index) => cell.padStart(columns[index]?.width ?? 0)).join('')}`.trimEnd();

/** The report, line by line. */
export function tableLines(title: string, { measurements, goals, audit, notes }: ScenarioReport): string[] {
  const titles = columns.map((column) => column.title);
  return [
    title,
    '',
    row('', titles),
    ...measurements.flatMap(measurementLines),
    '',
    ...notes,
    ...(audit === null ? [] : [`audit: ${audit}`]),
    ...goals.map(goalLine),
  ];
}

function measurementLines({ name, unit, rounds, p50Ms, p99Ms, cpuMicros, residentBytes }: Measurement): string[] {
  const cells = [`${figureText(median(rounds))} ${unit}`, spreadText(rounds), latencyText(p50Ms), latencyText(p99Ms)];
  return [
    row(name, cells),
    ...byProcess('µs of processor each', cpuMicros, (micros) => micros.toFixed(0)),
    ...byProcess('resident memory', residentBytes, mebibytes),
  ];
}

const latencyText = (rounds: readonly number[] = []): string => (rounds.length === 0 ? '' : figureText(median(rounds)));

function byProcess(
  label: string,
  figures: Readonly<Record<string, number>> = {},
  text: (figure: number) => string,
): string[] {
  const parts = Object.entries(figures).map(([process, figure]) => `${process} ${text(figure)}`);
  return parts.length === 0 ? [] : [`  ${label}: ${parts.join(' · ')}`];
}
