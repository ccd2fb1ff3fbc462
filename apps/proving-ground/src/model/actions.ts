// What may happen to the gateway, as commands that fast-check puts together: each changes the world, and notes what
// clients may rely on from then on.
import { foldOrder } from '@orders/domain/order';
import type { OrderTerms } from '@orders/domain/order-types';
import fc, { type AsyncCommand } from 'fast-check';
import { type ExchangeCondition, exchangeConditions } from './memory-exchange.ts';
import type { Breaker } from './services.ts';
import type { Pick } from './turns.ts';
import { type ProcessName, processNames, type World } from './world.ts';

/** What the outside knows: how many placements were tried, and whether an operator may redrive. */
export type Outside = { placements: number; operators: boolean };
export type Action = AsyncCommand<Outside, World>;

const placementsMax = 4;

const always = (text: string, run: (world: World) => unknown): Action => ({
  check: () => true,
  run: async (_outside, world) => {
    await run(world);
  },
  toString: () => text,
});

const terms = (quantity: number): OrderTerms => ({
  ...{ type: 'market', side: 'buy', instrument: 'DE0007164600', limit_price: null },
  quantity,
});

const placing = (key: string | undefined, quantity: number): Action => ({
  check: ({ placements }) => placements < placementsMax,
  run: async (outside, world) => {
    outside.placements += 1;
    if (!world.isAlive('api')) return;
    const correlationId = `request-${outside.placements}`;
    const request = { accountId: 'a', idempotencyKey: key, correlationId, traceparent: undefined };
    await world.place({ ...request, terms: terms(quantity) });
  },
  toString: () => `place(${key ?? 'no key'}, ${quantity})`,
});

const redriving: Action = {
  check: ({ operators }) => operators,
  run: async (_outside, world) => {
    if (!world.isAlive('api')) return;
    for (const orderId of world.log.orderIds()) {
      const { status } = foldOrder(world.log.historyOf(orderId).map(({ event }) => event));
      if (status === 'failed' || status === 'in_doubt') await world.redrive(orderId, status);
    }
  },
  toString: () => 'redrive',
};

const goingOn = (picks: Pick[]): Action =>
  always(`goOn(${picks.map(({ who, end }) => (end === 0 ? who : `${who}:${end}`)).join(' ')})`, async ({ turns }) => {
    for (const pick of picks) await turns.step(pick);
  });

const goOnWell = async ({ turns }: World, steps: number) => {
  for (let step = 0; step < steps && (await turns.step({ who: 0, end: 0 })); step += 1);
};

const goingOnWell = (steps: number): Action => always(`goOnWell(${steps})`, (world) => goOnWell(world, steps));

/** One process goes on, and the others only as far as it waits for them. */
const driving = (name: ProcessName, ends: number[]): Action =>
  always(`drive(${name}, ${ends.join(' ')})`, async ({ turns }) => {
    for (const end of ends) {
      for (let others = 0; others < othersMax; others += 1) {
        if (await turns.step({ who: 0, end }, name)) break;
        if (!(await turns.step({ who: 0, end: 0 }))) break;
      }
    }
  });

const othersMax = 12;

const passing = (ms: number, steps: number): Action =>
  always(`pass(${ms}, ${steps})`, async (world) => {
    await world.advance(ms);
    await goOnWell(world, steps);
  });

const who = fc.nat({ max: 7 });
const end = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 7 }) },
);
const pick: fc.Arbitrary<Pick> = fc.record({ who, end });
const anyProcess = fc.constantFrom<ProcessName>(...processNames);
const anyWorker = fc.constantFrom<ProcessName>('worker-1', 'worker-2', 'worker-3');
const someTime = fc.constantFrom(1_000, 200, 5_000, 16_000, 31_000, 61_000);

const picks = fc.array(pick, { minLength: 1, maxLength: 20, size: 'max' });
const ends = fc.array(end, { minLength: 1, maxLength: 8, size: 'max' });
const key = fc.constantFrom(undefined, 'k-1', 'k-2');
const quantity = fc.integer({ min: 1, max: 2 });
const condition = fc.constantFrom(...exchangeConditions);

const copying = always('copyRedis', (world) => world.keepSnapshot());
const outdating = always('outdateViews', (world) => world.outdateViews());
const rebuilding = (eventsBack: number) =>
  always(`switchReadModel(${eventsBack})`, (world) => world.switchReadModel(eventsBack));
const losing = (which: number) => always(`loseRedisData(${which})`, (world) => world.loseRedisData(which));
const crashing = (name: ProcessName, sent: boolean) =>
  always(`crash(${name}, ${sent})`, (world) => world.crash(name, sent));
const pausing = (name: ProcessName) => always(`pause(${name})`, (world) => world.pause(name));
const resuming = (name: ProcessName) => always(`resume(${name})`, (world) => world.resume(name));
const switchingRedis = (isUp: boolean) =>
  always(`redis(${isUp})`, ({ redis }) => {
    redis.isUp = isUp;
  });
const switchingBreaker = (state: Breaker) =>
  always(`breaker(${state})`, ({ breaker }) => {
    breaker.state = state;
  });

/** The exchange changes, and orders whose turn has come meet it as it is then. */
const changing = (to: ExchangeCondition, ms: number, rounds: number) =>
  always(`exchange(${to}, ${ms}, ${rounds})`, async (world) => {
    world.exchange.state.condition = to;
    for (let round = 0; round < rounds; round += 1) {
      await world.advance(ms);
      await goOnWell(world, stepsOfRound);
    }
  });

// About as many as one attempt takes.
const stepsOfRound = 12;

const weighted = (weight: number, arbitrary: fc.Arbitrary<Action>) => ({ weight, arbitrary });
const action: fc.Arbitrary<Action> = fc.oneof(
  weighted(20, picks.map(goingOn)),
  weighted(
    20,
    fc.tuple(fc.oneof(anyWorker, anyProcess), ends).map((drawn) => driving(...drawn)),
  ),
  weighted(
    16,
    fc.tuple(condition, someTime, fc.nat({ max: 3 })).map((drawn) => changing(...drawn)),
  ),
  weighted(
    10,
    fc.tuple(key, quantity).map((drawn) => placing(...drawn)),
  ),
  weighted(
    10,
    fc.tuple(someTime, fc.nat({ max: 12 })).map((drawn) => passing(...drawn)),
  ),
  weighted(5, fc.integer({ min: 1, max: 20 }).map(goingOnWell)),
  weighted(
    4,
    fc.tuple(anyProcess, fc.boolean()).map((drawn) => crashing(...drawn)),
  ),
  weighted(6, fc.oneof(anyWorker, anyProcess).map(pausing)),
  weighted(5, anyProcess.map(resuming)),
  weighted(4, fc.constant(copying)),
  weighted(3, fc.nat({ max: 3 }).map(losing)),
  weighted(3, fc.nat({ max: 3 }).map(rebuilding)),
  weighted(1, fc.constant(outdating)),
  weighted(2, fc.boolean().map(switchingRedis)),
  weighted(2, fc.constantFrom<Breaker>('closed', 'probing', 'open').map(switchingBreaker)),
  weighted(5, fc.constant(redriving)),
);

/** The first action is an order: without one, nothing else matters. */
export const actions: fc.Arbitrary<Action[]> = fc
  .tuple(fc.constant(placing(undefined, 1)), fc.noBias(fc.array(action, { maxLength: 24, size: 'max' })))
  .map(([first, rest]) => [first, ...rest]);
