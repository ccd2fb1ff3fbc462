// The promise of the gateway under everything that can happen to it at once: the production code of API, projector,
// sweeper and workers runs against an event store, a Redis and an exchange in memory, of which every call may fail in
// every way, and fast-check chooses who goes on, what fails, who dies and who only stands still. A run that fails is
// printed with seed and path; `MODEL_SEED=... MODEL_PATH=...` repeats it exactly, and it ends with its whole trace.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokenPromiseError, checkPromises, heal } from './invariants.ts';
import { type ExchangeKind, exchangeKinds } from './memory-exchange.ts';
import { runScenario, type Scenario, scenarios } from './run.ts';
import type { Flaws } from './services.ts';
import { beginWorld, type ProcessName, soundParts, type World } from './world.ts';

const runs = 10_000;
const { MODEL_SEED: seed, MODEL_PATH: path } = process.env;
const replayed = seed === undefined ? {} : { seed: Number(seed), ...(path === undefined ? {} : { path }) };

/** Without these among what the runs went through, that they all ended well would say little. */
const feared = [
  'append answer lost',
  'append late',
  'append crash',
  'place answer lost',
  'place late',
  'place crash',
  'place pause',
  'order arrived late',
  'job taken over',
  'finished after the job was taken over or lost',
  'job id taken',
  'enqueue in part',
  'commit answer lost',
  'commit crash',
  'checkpoint moved',
  'redis flushed',
  'redis fell back',
  'read model cleared',
  'read model switched',
  'no room in the queue',
  'sweeper added',
  'sweeper retried',
  'placement replayed',
  'job exchange_unavailable',
  'confirmed by a query',
  'OrderFailed refused_by_exchange',
  'OrderFailed attempts_exhausted',
  'OrderFailed not_at_exchange',
  'OrderInDoubt',
  'RedriveRequested',
] as const;

function addSightings(total: Map<string, number>, { sightings, log }: World): void {
  const add = (what: string, times: number) => total.set(what, (total.get(what) ?? 0) + times);
  for (const [what, times] of sightings) add(what, times);
  for (const { event } of log.log) {
    add(event.type === 'OrderFailed' ? `OrderFailed ${event.data.code}` : event.type, 1);
    if (event.type === 'OrderSubmitted' && event.data.evidence === 'query') add('confirmed by a query', 1);
  }
}

const holds = (kinds: readonly ExchangeKind[], check: (scenario: Scenario) => Promise<void>) =>
  fc.asyncProperty(scenarios(kinds), check);

describe('a gateway to which anything may happen', () => {
  it(`keeps every promise in ${runs} runs`, { timeout: 600_000 }, async () => {
    const total = new Map<string, number>();
    const property = holds(exchangeKinds, async (scenario) => addSightings(total, await runScenario(scenario)));
    await fc.assert(property, { numRuns: runs, ...replayed });
    const missing = feared.filter((what) => !total.has(what));
    // A single run is no sample.
    if (path === undefined) expect(missing).toEqual([]);
  });

  it('goes through the same steps again with the same seed', async () => {
    const traceOf = async (seedOfRuns: number) => {
      const hash = createHash('sha256');
      const property = holds(exchangeKinds, async (scenario) => {
        const { turns, log } = await runScenario(scenario);
        hash.update(turns.trace.join('\n')).update(log.log.map(({ id }) => id).join());
      });
      await fc.assert(property, { numRuns: 200, seed: seedOfRuns });
      return hash.digest('hex');
    };
    const first = await traceOf(7);
    expect(await traceOf(7)).toBe(first);
    expect(await traceOf(8)).not.toBe(first);
  });

  it('fails again, in the same way, with the seed and path of a failure', async () => {
    const property = holds(exchangeKinds, async (scenario) => {
      await runScenario(scenario, { ...soundParts, locksExpire: false });
    });
    const failure = await fc.check(property, { seed: 1, numRuns: 2_000 });
    const { counterexamplePath } = failure;
    if (counterexamplePath === null) throw new Error('nothing failed');
    const again = await fc.check(property, { seed: 1, path: counterexamplePath, endOnFailure: true });
    expect(failure.errorInstance).toBeInstanceOf(BrokenPromiseError);
    expect(String(again.errorInstance)).toBe(String(failure.errorInstance));
  });
});

describe('the model notices', () => {
  const anyKind = exchangeKinds;
  const flawed: [what: string, flaw: Partial<Flaws>, kinds: readonly ExchangeKind[], broken: RegExp][] = [
    ['a queue whose locks never expire', { locksExpire: false }, anyKind, /stuck/],
    [
      'a projection that does not compare checkpoints',
      { comparesCheckpoints: false },
      anyKind,
      /the view of|did not follow its view|stuck/,
    ],
    ['a projector without sweeper', { sweeps: false }, anyKind, /stuck/],
    ['a rebuild that goes live too far', { switchesTooFar: true }, anyKind, /without ever having had a job/],
    ['a projector that enqueues after the commit', { enqueuesLate: true }, anyKind, /without ever having had a job/],
    [
      'an adapter that takes unknown for not placed',
      { guessesNotPlaced: true },
      ['queryable'],
      /was placed|contradicts/,
    ],
    ['an adapter that trusts absence at once', { trustsAbsence: true }, ['queryable'], /was placed|contradicts/],
  ];

  it.each(flawed)('%s', { timeout: 600_000 }, async (_what, flaw, kinds, broken) => {
    const property = holds(kinds, async (scenario) => {
      await runScenario(scenario, { ...soundParts, ...flaw });
    });
    const { errorInstance } = await fc.check(property, { numRuns: runs, endOnFailure: true });
    expect(String(errorInstance)).toMatch(broken);
  });
});

describe('a projector that read views which Redis no longer has', () => {
  const terms = { type: 'market', side: 'buy', instrument: 'DE0007164600', limit_price: null, quantity: 1 } as const;
  const request = { accountId: 'a', idempotencyKey: undefined, correlationId: 'request-1', traceparent: undefined };

  /** Redis falls back between the look at the views and the commit, to the very checkpoint that the commit expects. */
  async function fallBack(flaws: Flaws): Promise<World> {
    const world = await beginWorld({ kind: 'idempotent', jobsMax: 100 }, flaws);
    const goOn = async (name: ProcessName, steps: number) => {
      for (let step = 0; step < steps; step += 1) await world.turns.step({ who: 0, end: 0 }, name);
    };
    world.keepSnapshot();
    await world.place({ ...request, terms });
    await goOn('api', 1);
    await goOn('projector-2', 1);
    await goOn('projector-1', 5);
    await goOn('projector-2', 1);
    world.loseRedisData(1);
    await goOn('projector-2', 1);
    await heal(world);
    checkPromises(world);
    return world;
  }

  it('does not commit over their absence', async () => {
    const { sightings } = await fallBack(soundParts);
    expect(sightings.get('views moved under the same checkpoint')).toBe(1);
  });

  it('would lose the order if it did', () =>
    expect(fallBack({ ...soundParts, comparesViews: false })).rejects.toThrow(/stuck|the view of/));
});
