// Cells that share a system, one after the other.
import type { Finding } from '@orders/cli/audit/audit-report';
import type { CrashSystem } from './cell.ts';
import type { Point, PointRow } from './points.ts';
import { stages } from './stages.ts';

export type CellEnd = {
  findings: Finding[];
  /** Why there are none to speak of. */
  failure: unknown;
  /** The last lines that the processes wrote. */
  lines: string[];
};

const linesMax = 200;

/** Begins at once, and resolves each cell when it has come to its end; none of them rejects. */
export function startLane({ system, runCell }: CrashSystem, cells: readonly PointRow[]): Map<Point, Promise<CellEnd>> {
  const ends = new Map<Point, Promise<CellEnd>>();
  let previous: Promise<unknown> = Promise.resolve();
  for (const cell of cells) {
    const end = previous.then(async (): Promise<CellEnd> => {
      const since = system.lines.length;
      const lines = () => system.lines.slice(since).slice(-linesMax);
      try {
        return { findings: await runCell(cell, stages[cell.step]), failure: null, lines: lines() };
      } catch (failure) {
        return { findings: [], failure, lines: lines() };
      }
    });
    ends.set(cell.point, end);
    previous = end;
  }
  return ends;
}
