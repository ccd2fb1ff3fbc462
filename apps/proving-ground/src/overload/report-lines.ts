// The overload bench in lines of a table: one for each second, one for each criterion.
import type { LoadSecond } from './load-report.ts';
import type { Criterion } from './verdict.ts';

const figure = (value: number | string | null, width = 8): string => String(value ?? '-').padStart(width);

export const secondsHeading = (processes: readonly string[]): string =>
  `${'phase'.padEnd(10)}${['due', 'offered', '201', '503', 'other', 'lost', 'p50 ms', 'p99 ms', '503 p99']
    .map((title) => figure(title))
    .join('')}   MiB: ${processes.join(' ')}`;

/** `residentBytes` in the order of the heading. */
export function secondLine(second: LoadSecond, residentBytes: readonly number[]): string {
  const { phase, due, offered, created, shed, others, connectionErrors } = second;
  const other = Object.entries(others).map(([status, count]) => `${count}×${status}`);
  const counts = [due, offered, created, shed, other.join(' ') || 0, connectionErrors];
  const latencies = [second.createdP50Ms, second.createdP99Ms, second.shedP99Ms];
  const memory = residentBytes.map((bytes) => (bytes / 1_048_576).toFixed(0)).join(' ');
  return `${phase.slice(0, 9).padEnd(10)}${[...counts, ...latencies].map((value) => figure(value)).join('')}   ${memory}`;
}

export const criterionLine = ({ name, wanted, seen, isMet }: Criterion): string =>
  `${name.padEnd(44)}${figure(seen)}   wanted ${wanted.padEnd(8)} ${isMet ? 'met' : 'MISSED'}`;
