// The promise of the product at its weakest moments: a process is killed exactly before, and exactly after, each step
// that makes something durable. What this run saw becomes docs/crash-matrix.md, or is held against it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrashSystem, prepareCrashSystem } from './crash-matrix/cell.ts';
import { type CellEnd, startLane } from './crash-matrix/lane.ts';
import { type Point, points } from './crash-matrix/points.ts';
import { type CellOutcome, renderMatrix } from './crash-matrix/table.ts';
import { allGroups } from './running-system.ts';

// Most of a cell is waiting, for locks of the dead and for pauses to pass: three systems wait at the same time.
const lanes = [['projector'], ['worker'], ['api', 'exchange', 'event-store']];

const systems: CrashSystem[] = [];
const ends = new Map<Point, Promise<CellEnd>>();
const outcomes = new Map<Point, CellOutcome>();

beforeAll(async () => {
  for (const processes of lanes) {
    const crash = await prepareCrashSystem();
    systems.push(crash);
    await crash.system.start(allGroups);
    const cells = points.filter(({ point }) => processes.some((name) => point.startsWith(`${name}.`)));
    for (const [point, end] of startLane(crash, cells)) ends.set(point, end);
  }
});
afterAll(() => Promise.all(systems.map(({ system }) => system.stop())));

describe('no order is lost, placed twice or left open', () => {
  it.each(points)('although a process dies at $point', async ({ point }) => {
    const end = await ends.get(point);
    if (end === undefined) throw new Error(`${point} is in no lane`);
    const { findings, failure, lines } = end;
    if (failure !== null || findings.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
    expect(failure).toBeNull();
    const orders = (kind: string) => new Set(findings.filter((found) => found.kind === kind).map(({ id }) => id)).size;
    outcomes.set(point, { lost: orders('lost'), duplicated: orders('duplicated'), stuck: orders('open') });
    expect(findings).toEqual([]);
  });
});

it('dies on both sides of every step, and as the documentation says', async () => {
  expect([...outcomes.keys()], 'cells that came to an end').toEqual(points.map(({ point }) => point));
  await expect(renderMatrix(outcomes)).toMatchFileSnapshot('../docs/crash-matrix.md');
});
