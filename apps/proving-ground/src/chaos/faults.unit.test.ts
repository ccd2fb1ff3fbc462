import { describe, expect, it } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { type Fault, faultKinds, planFault } from './faults.ts';

const plan = (seed: number, count: number): Fault[] => {
  const random = seededRandom(seed);
  const options = { processes: ['api-1', 'worker-1', 'event-store'], longestFreezeMs: 40_000 };
  return Array.from({ length: count }, () => planFault(random, options));
};
const told = (faults: readonly Fault[]) => faults.map(({ name, lastsMs }) => `${name} ${lastsMs}`);

describe('the faults of a seed', () => {
  it('are the same every time, and others for another seed', () => {
    expect(told(plan(7, 200))).toEqual(told(plan(7, 200)));
    expect(told(plan(7, 200))).not.toEqual(told(plan(8, 200)));
  });

  it('are of every kind, in the long run', () =>
    expect(new Set(plan(7, 2_000).map(({ kind }) => kind))).toEqual(new Set(faultKinds)));

  it('hold nobody still for longer than they may, nor for a moment only', () => {
    const freezes = plan(7, 2_000).filter(({ kind }) => kind === 'freeze');
    for (const { lastsMs } of freezes) {
      expect(lastsMs).toBeGreaterThanOrEqual(10_000);
      expect(lastsMs).toBeLessThanOrEqual(40_000);
    }
  });
});
