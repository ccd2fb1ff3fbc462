import { type Goal, median } from '../figures.ts';
import { atMost } from './goals.ts';
import type { MemorySamples } from './memory-samples.ts';
import { errorsOf, type SteadyFigures } from './steady-load.ts';

type BacklogFigures = {
  /** While the backlog grew. */
  growing: MemorySamples;
  withoutBacklog: readonly SteadyFigures[];
  withBacklog: readonly SteadyFigures[];
  bytesPerOrder: number;
};

const riseMax = 0.15;
const bytesPerOrderMax = 1_536;
const ratioMax = 1.15;

export function backlogGoals({ growing, withoutBacklog, withBacklog, bytesPerOrder }: BacklogFigures): Goal[] {
  const p99Ms = (rounds: readonly SteadyFigures[]) => median(rounds.map((round) => round.p99Ms));
  const ratio = p99Ms(withBacklog) / p99Ms(withoutBacklog);
  const errors = errorsOf([...withoutBacklog, ...withBacklog]);
  return [
    ...['api', 'projector', 'worker'].map((name) =>
      atMost({
        name: `memory of ${name}: most above its median`,
        value: growing.rise(name),
        wanted: riseMax,
        digits: 2,
      }),
    ),
    atMost({ name: 'Redis for each open order, bytes', value: bytesPerOrder, wanted: bytesPerOrderMax, digits: 0 }),
    atMost({ name: 'POST p99, full backlog : none', value: ratio, wanted: ratioMax, digits: 2 }),
    atMost({ name: 'POST at a steady rate: no 201', value: errors, wanted: 0, digits: 0 }),
  ];
}
