import type { Goal } from '../figures.ts';

type Wanted = { name: string; value: number; wanted: number; digits: number };

export const atLeast = (goal: Wanted): Goal => withText(goal, true);
export const atMost = (goal: Wanted): Goal => withText(goal, false);

function withText({ digits, ...goal }: Wanted, isAtLeast: boolean): Goal {
  return { ...goal, text: goal.value.toFixed(digits), isAtLeast };
}
