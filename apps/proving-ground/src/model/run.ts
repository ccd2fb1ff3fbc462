// One run: a world, what happens to it, and what must be true in the end.
import fc from 'fast-check';
import { type Action, actions, type Outside } from './actions.ts';
import { checkPromises, heal } from './invariants.ts';
import { type ExchangeKind, exchangeKinds } from './memory-exchange.ts';
import type { Flaws } from './services.ts';
import { beginWorld, type Setting, type World } from './world.ts';

export type Scenario = Setting & { operators: boolean; actions: Action[] };

export const scenarios = (kinds: readonly ExchangeKind[] = exchangeKinds): fc.Arbitrary<Scenario> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    jobsMax: fc.constantFrom(100, 1),
    operators: fc.boolean(),
    actions,
  });

/** Throws `BrokenPromiseError` when the gateway did not keep its promises. */
export async function runScenario(scenario: Scenario, flaws?: Flaws): Promise<World> {
  const { operators, actions } = scenario;
  const world = await beginWorld(scenario, flaws);
  const outside: Outside = { placements: 0, operators };
  await fc.asyncModelRun(() => ({ model: outside, real: world }), actions);
  await heal(world);
  checkPromises(world);
  return world;
}
