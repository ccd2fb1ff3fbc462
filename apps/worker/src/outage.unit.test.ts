// A long outage of the exchange, with the pauses of the circuit breaker shortened to milliseconds: what matters is how
// often it is probed, not how long that takes.
import { memoryOrderStore } from '@orders/order-store/memory-order-store';
import type { Exchange, PlacementOutcome, QueryOutcome } from '@orders/stock-exchange/exchange';
import { orderPlaced } from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { exchangeBreaker } from './exchange-breaker.ts';
import { type PlacementDeps, placeOrder } from './place-order.ts';

const limits = { threshold: 0.6, firstPauseMs: 2, longestPauseMs: 8, doublingMs: 2 };
const attemptsMax = 20;
const roundsMax = 20_000;

async function openOrders(count: number) {
  const store = memoryOrderStore();
  const ids = Array.from({ length: count }, (_, n) => `order-${n}`);
  for (const orderId of ids) {
    const context = { correlationId: orderId, causationId: orderId, traceparent: undefined };
    await store.append({ orderId, expectedRevision: 'no_stream', events: [orderPlaced(orderId)], context });
  }
  const calls = { placements: 0, queries: 0 };
  let answers: { place: PlacementOutcome; query: QueryOutcome } = {
    place: { kind: 'not_placed', reason: 'out of service' },
    query: { kind: 'absent' },
  };
  const exchange: Exchange = {
    place: async () => {
      calls.placements += 1;
      return answers.place;
    },
    query: async () => {
      calls.queries += 1;
      return answers.query;
    },
    repeatIsSafe: true,
    absenceProvenAfterMs: 60_000,
    unknownPolicy: 'park',
  };
  let decisions = 0;
  const deps: PlacementDeps = {
    store,
    exchange,
    guard: exchangeBreaker(limits, () => undefined),
    attemptsMax,
    now: () => new Date(),
    newId: () => `decision-${++decisions}`,
    observe: { onAttempt: () => undefined, onQuery: () => undefined },
  };
  const statuses = async () => {
    const all = await Promise.all(ids.map((id) => store.load(id)));
    return new Set(all.map(({ order }) => order.status));
  };
  return {
    store,
    calls,
    statuses,
    answer: (next: typeof answers) => {
      answers = next;
    },
    /** Works on all orders, again and again. */
    workUntil: async (done: () => unknown) => {
      for (let round = 0; !(await done()); round += 1) {
        if (round === roundsMax) throw new Error('this never comes about');
        for (const id of ids) await placeOrder(deps, id);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  };
}

const well = { place: { kind: 'confirmed', exchangeOrderId: 'x-1' }, query: { kind: 'absent' } } as const;

describe('an outage of the exchange', () => {
  it.each([1, 5])('fails none of %i open orders, however often the exchange is probed', async (count) => {
    const { workUntil, calls, statuses, answer, store } = await openOrders(count);
    await workUntil(() => calls.placements > 10 * attemptsMax * count);
    expect(await statuses()).toEqual(new Set(['placed']));
    answer(well);
    await workUntil(async () => !(await statuses()).has('placed'));
    expect(await statuses()).toEqual(new Set(['submitted']));
    expect(store.log.filter(({ event }) => event.type === 'OrderSubmitted')).toHaveLength(count);
  });

  it('leaves nothing in the log while the exchange does not even answer questions', async () => {
    const { workUntil, calls, statuses, answer, store } = await openOrders(3);
    await workUntil(() => calls.placements >= 15 || calls.queries > 0);
    const before = store.log.length;
    answer({ place: { kind: 'not_placed', reason: 'refused' }, query: { kind: 'unknown', reason: 'no answer' } });
    const { queries } = calls;
    await workUntil(() => calls.queries > queries + 100);
    expect(store.log.length - before).toBeLessThanOrEqual(6);
    answer(well);
    await workUntil(async () => !(await statuses()).has('placed'));
    expect(await statuses()).toEqual(new Set(['submitted']));
  });
});
