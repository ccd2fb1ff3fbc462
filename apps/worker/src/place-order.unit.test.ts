import type { OrderEvent } from '@orders/domain/order-types';
import { memoryOrderStore } from '@orders/order-store/memory-order-store';
import type { Append, OrderStore } from '@orders/order-store/order-store';
import type { Exchange, PlacementOutcome, QueryOutcome, UnknownOutcomePolicy } from '@orders/stock-exchange/exchange';
import { orderPlaced } from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { NoSuchOrderError, type PlacementDeps, placeOrder } from './place-order.ts';

const orderId = '0191a0c4-7c1e-7000-8000-000000000001';
const confirmed = (exchangeOrderId = 'x-1'): PlacementOutcome => ({ kind: 'confirmed', exchangeOrderId });
const notPlaced: PlacementOutcome = { kind: 'not_placed', reason: 'no connection' };
const unknown: PlacementOutcome = { kind: 'unknown', reason: 'no answer' };

type Script = {
  place?: PlacementOutcome[];
  query?: QueryOutcome[] | null;
  repeatIsSafe?: boolean;
  unknownPolicy?: UnknownOutcomePolicy;
};

/** An exchange that answers what it is told to, and remembers what it was asked. */
function scriptedExchange(script: Script) {
  const { place = [confirmed()], query = [], repeatIsSafe = true, unknownPolicy = 'park' } = script;
  const calls = { place: [] as string[], query: 0 };
  const exchange: Exchange = {
    place: async ({ clientOrderId }) => {
      calls.place.push(clientOrderId);
      return place[calls.place.length - 1] ?? unknown;
    },
    query:
      query === null
        ? null
        : async () => {
            calls.query += 1;
            return query[calls.query - 1] ?? { kind: 'unknown', reason: 'no answer' };
          },
    repeatIsSafe,
    absenceProvenAfterMs: 60_000,
    unknownPolicy,
  };
  return { exchange, calls };
}

async function placedOrder(store: OrderStore) {
  const append: Append = {
    orderId,
    expectedRevision: 'no_stream',
    events: [orderPlaced(orderId)],
    context: { correlationId: 'request-1', causationId: 'request-1', traceparent: undefined },
  };
  await store.append(append);
}

async function scene(script: Script, over: Partial<PlacementDeps> = {}) {
  const store = memoryOrderStore();
  await placedOrder(store);
  const { exchange, calls } = scriptedExchange(script);
  let time = Date.parse('2026-01-02T03:04:06.000Z');
  let ids = 0;
  const deps: PlacementDeps = {
    store,
    exchange,
    guard: async (step) => ({ called: true, outcome: await step(false), duringOutage: false }),
    attemptsMax: 3,
    now: () => new Date(time),
    newId: () => `run-${++ids}`,
    observe: { onAttempt: () => undefined, onQuery: () => undefined },
    ...over,
  };
  return {
    deps,
    calls,
    run: () => placeOrder(deps, orderId),
    types: () => store.log.map(({ event }) => event.type),
    log: store.log,
    at: () => new Date(time).toISOString(),
    append: async (event: OrderEvent) => {
      const { revision: expectedRevision } = await store.load(orderId);
      const context = { correlationId: 'r', causationId: `rival-${++ids}`, traceparent: undefined };
      await store.append({ orderId, expectedRevision, events: [event], context });
    },
    wait: (ms: number) => {
      time += ms;
    },
  };
}

describe('a call that the exchange answers', () => {
  it('is announced in the stream before it is made, and recorded after it', async () => {
    const { run, types, calls, log } = await scene({});
    expect(await run()).toEqual({ kind: 'settled', status: 'submitted', was: 'now' });
    expect(types()).toEqual(['OrderPlaced', 'SubmissionStarted', 'OrderSubmitted']);
    expect(calls).toEqual({ place: [orderId], query: 0 });
    expect(log[2]).toMatchObject({
      event: { data: { exchange_order_id: 'x-1', attempts: 1, evidence: 'response' } },
      metadata: { $correlationId: 'request-1' },
    });
  });

  it('fails the order when the exchange refuses it', async () => {
    const { run, types } = await scene({ place: [{ kind: 'refused', reason: 'halted' }] });
    expect(await run()).toEqual({ kind: 'settled', status: 'failed', was: 'now' });
    expect(types().at(-1)).toBe('OrderFailed');
  });

  it('leaves the order open when nothing was placed, and calls again without asking', async () => {
    const { run, types, calls } = await scene({ place: [notPlaced, confirmed()] });
    expect(await run()).toEqual({ kind: 'open', reason: 'no connection' });
    expect(await run()).toMatchObject({ status: 'submitted' });
    expect(types()).toEqual([
      'OrderPlaced',
      'SubmissionStarted',
      'SubmissionAttemptFailed',
      'SubmissionStarted',
      'OrderSubmitted',
    ]);
    expect(calls).toMatchObject({ query: 0 });
  });

  it('fails the order after the last attempt, when certainly nothing was placed', async () => {
    const { run, types } = await scene({ place: [notPlaced, notPlaced, notPlaced] });
    await run();
    await run();
    expect(await run()).toEqual({ kind: 'settled', status: 'failed', was: 'now' });
    expect(types().filter((type) => type === 'SubmissionAttemptFailed')).toHaveLength(2);
  });
});

describe('a call whose answer is lost', () => {
  it('writes nothing, and is asked about the next time', async () => {
    const { run, types, calls } = await scene({ place: [unknown], query: [{ kind: 'found', exchangeOrderId: 'x-7' }] });
    expect(await run()).toEqual({ kind: 'open', reason: 'no answer' });
    expect(types()).toEqual(['OrderPlaced', 'SubmissionStarted']);
    expect(await run()).toMatchObject({ status: 'submitted' });
    expect(calls.place).toHaveLength(1);
    expect(types().at(-1)).toBe('OrderSubmitted');
  });

  it('is not repeated while the exchange does not say what it knows', async () => {
    const { run, calls } = await scene({ place: [unknown], query: [] });
    await run();
    expect(await run()).toMatchObject({ kind: 'open' });
    expect(await run()).toMatchObject({ kind: 'open' });
    expect(calls.place).toHaveLength(1);
  });

  it('is repeated with the same client order id when the exchange does not have it and recognises repeats', async () => {
    const { run, calls } = await scene({ place: [unknown, confirmed('x-2')], query: [{ kind: 'absent' }] });
    await run();
    expect(await run()).toMatchObject({ status: 'submitted' });
    expect(calls.place).toEqual([orderId, orderId]);
  });

  it('is not repeated before absence is proven, where the exchange does not recognise repeats', async () => {
    const absent: QueryOutcome = { kind: 'absent' };
    const script = { place: [unknown, confirmed()], query: [absent, absent], repeatIsSafe: false };
    const { run, calls, wait, types } = await scene(script);
    await run();
    wait(64_999);
    expect(await run()).toEqual({ kind: 'open', reason: 'a call may still be on its way' });
    expect(calls.place).toHaveLength(1);
    wait(1);
    expect(await run()).toMatchObject({ kind: 'open' });
    expect(types().at(-1)).toBe('SubmissionAttemptFailed');
    expect(await run()).toMatchObject({ status: 'submitted' });
    expect(calls.place).toHaveLength(2);
  });

  it('parks the order when the exchange can neither be asked nor told twice, and the policy says so', async () => {
    const { run, calls, types } = await scene({ place: [unknown], query: null, repeatIsSafe: false });
    await run();
    expect(await run()).toEqual({ kind: 'settled', status: 'in_doubt', was: 'now' });
    expect(types().at(-1)).toBe('OrderInDoubt');
    expect(await run()).toEqual({ kind: 'settled', status: 'in_doubt', was: 'already' });
    expect(calls.place).toHaveLength(1);
  });

  it('is repeated at such an exchange only when the policy takes the risk', async () => {
    const script = { place: [unknown, confirmed()], query: null, repeatIsSafe: false };
    const { run, calls } = await scene({ ...script, unknownPolicy: 'retry' });
    await run();
    expect(await run()).toMatchObject({ status: 'submitted' });
    expect(calls.place).toHaveLength(2);
  });
});

describe('a worker that was held up between the announcement of a call and the call', () => {
  const heldUp = async (forMs: number) => {
    const all = await scene({}, { attemptsMax: 1 });
    const { store } = all.deps;
    all.deps.store = {
      ...store,
      append: async (append) => {
        const result = await store.append(append);
        all.wait(append.events[0]?.type === 'SubmissionStarted' ? forMs : 0);
        return result;
      },
    };
    return all;
  };

  it('does not make it when others may believe that none will come, and uses up no attempt', async () => {
    const { run, calls, types } = await heldUp(5_001);
    expect(await run()).toEqual({ kind: 'open', reason: 'the call was not made in time' });
    expect(calls.place).toEqual([]);
    expect(types()).toEqual(['OrderPlaced', 'SubmissionStarted', 'SubmissionAttemptFailed']);
  });

  it('makes it while they wait', async () => {
    const { run } = await heldUp(5_000);
    expect(await run()).toMatchObject({ status: 'submitted' });
  });
});

describe('an answer that takes long', () => {
  const slowly = async (events: (at: string) => OrderEvent[]) => {
    const all = await scene({ repeatIsSafe: false });
    for (const event of events(all.at())) await all.append(event);
    const query = async (): Promise<QueryOutcome> => {
      all.wait(120_000);
      return { kind: 'absent' };
    };
    all.deps.exchange = { ...all.deps.exchange, query };
    all.wait(10_000);
    return all;
  };
  const started = (at: string): OrderEvent => ({
    type: 'SubmissionStarted',
    data: { order_id: orderId, attempt: 1, started_at: at },
  });

  it('proves nothing of a call that could still be on its way when it was asked for', async () => {
    const { run, calls, types } = await slowly((at) => [started(at)]);
    expect(await run()).toEqual({ kind: 'open', reason: 'a call may still be on its way' });
    expect(calls.place).toEqual([]);
    expect(types()).toEqual(['OrderPlaced', 'SubmissionStarted']);
  });

  it('ends no doubt either', async () => {
    const { run, types } = await slowly((at) => [
      started(at),
      { type: 'OrderInDoubt', data: { order_id: orderId, attempt: 1, reason: 'no answer', in_doubt_since: at } },
    ]);
    expect(await run()).toEqual({ kind: 'settled', status: 'in_doubt', was: 'already' });
    expect(types().at(-1)).toBe('OrderInDoubt');
  });
});

describe('an order in doubt', () => {
  const askable = { place: [unknown, notPlaced], repeatIsSafe: false };
  const parked = async (query: QueryOutcome[] | null) => {
    const all = await scene({ ...askable, query });
    await all.append({ type: 'SubmissionStarted', data: { order_id: orderId, attempt: 1, started_at: all.at() } });
    const data = { order_id: orderId, attempt: 1, reason: 'no answer', in_doubt_since: all.at() };
    await all.append({ type: 'OrderInDoubt', data });
    return all;
  };

  it('is settled by an exchange that has it', async () => {
    const { run, log } = await parked([{ kind: 'found', exchangeOrderId: 'x-7' }]);
    expect(await run()).toEqual({ kind: 'settled', status: 'submitted', was: 'now' });
    expect(log.at(-1)?.event).toMatchObject({ data: { exchange_order_id: 'x-7', evidence: 'query' } });
  });

  it('is settled by an exchange that does not have it, once no call can be on its way', async () => {
    const absent: QueryOutcome = { kind: 'absent' };
    const { run, wait, types, calls } = await parked([absent, absent]);
    wait(64_999);
    expect(await run()).toEqual({ kind: 'settled', status: 'in_doubt', was: 'already' });
    wait(1);
    expect(await run()).toEqual({ kind: 'settled', status: 'failed', was: 'now' });
    expect(types().at(-1)).toBe('OrderFailed');
    expect(calls.place).toEqual([]);
  });

  it.each([
    ['says nothing', []],
    ['cannot be asked', null],
  ])('stays as it is while the exchange %s', async (_case, query) => {
    const { run, wait, calls } = await parked(query);
    wait(3_600_000);
    expect(await run()).toEqual({ kind: 'settled', status: 'in_doubt', was: 'already' });
    expect(calls.place).toEqual([]);
  });

  it('is called again for an operator, once, at an exchange that can neither be asked nor told twice', async () => {
    const { run, append, at, types, calls } = await parked(null);
    const data = { order_id: orderId, by: 'ops', reason: 'not in the drop copy', requested_at: at() };
    await append({ type: 'RedriveRequested', data });
    expect(await run()).toMatchObject({ kind: 'open' });
    expect(calls.place).toHaveLength(1);
    expect(await run()).toEqual({ kind: 'settled', status: 'in_doubt', was: 'now' });
    expect(types().slice(-3)).toEqual(['RedriveRequested', 'SubmissionStarted', 'OrderInDoubt']);
    expect(calls.place).toHaveLength(1);
  });

  it.each([
    ['placed nothing', notPlaced, 'SubmissionAttemptFailed'],
    ['refused the order', { kind: 'refused', reason: 'halted' } as const, 'OrderFailed'],
    ['took the order', confirmed(), 'OrderSubmitted'],
  ])('is settled by a late answer: the exchange %s', async (_case, answer, event) => {
    const { deps, run, append, at, types } = await scene({ query: null, repeatIsSafe: false });
    const parkMeanwhile = async () => {
      const data = { order_id: orderId, attempt: 1, reason: 'taken over', in_doubt_since: at() };
      await append({ type: 'OrderInDoubt', data });
      return answer;
    };
    deps.exchange = { ...deps.exchange, place: parkMeanwhile };
    await run();
    expect(types()).toEqual(['OrderPlaced', 'SubmissionStarted', 'OrderInDoubt', event]);
  });
});

describe('a job that runs twice', () => {
  it('finds the order settled and calls nobody', async () => {
    const { run, calls } = await scene({});
    await run();
    expect(await run()).toEqual({ kind: 'settled', status: 'submitted', was: 'already' });
    expect(calls.place).toHaveLength(1);
  });

  it('places the order once when both runs go on at the same time', async () => {
    const { run, types, calls } = await scene({
      place: [confirmed(), confirmed()],
      query: Array.from({ length: 20 }, () => ({ kind: 'found', exchangeOrderId: 'x-1' }) as const),
    });
    const ends = await Promise.all([run(), run(), run()]);
    expect(ends.every((end) => end.kind === 'settled' && end.status === 'submitted')).toBe(true);
    expect(types().filter((type) => type === 'OrderSubmitted')).toHaveLength(1);
    expect(calls.place).toHaveLength(1);
  });

  it('writes down the evidence of its call even when a rival wrote first', async () => {
    const { deps, run, types, append } = await scene({});
    const { exchange } = deps;
    deps.exchange = {
      ...exchange,
      place: async (order) => {
        await append({ type: 'SubmissionStarted', data: { order_id: orderId, attempt: 2, started_at: 'later' } });
        return exchange.place(order);
      },
    };
    expect(await run()).toMatchObject({ kind: 'settled', status: 'submitted' });
    expect(types()).toEqual(['OrderPlaced', 'SubmissionStarted', 'SubmissionStarted', 'OrderSubmitted']);
  });

  it('does not believe a refusal of its call when a rival has begun another one since', async () => {
    const { deps, run, types, append } = await scene({});
    deps.exchange = {
      ...deps.exchange,
      place: async () => {
        await append({ type: 'SubmissionStarted', data: { order_id: orderId, attempt: 2, started_at: 'later' } });
        return { kind: 'refused', reason: 'halted' };
      },
    };
    expect(await run()).toMatchObject({ kind: 'open' });
    expect(types()).toEqual(['OrderPlaced', 'SubmissionStarted', 'SubmissionStarted']);
  });

  it('makes a contradiction of the exchange heard', async () => {
    const { deps, run, append } = await scene({ place: [confirmed('x-2')] });
    const { exchange } = deps;
    deps.exchange = {
      ...exchange,
      place: async (order) => {
        const known = { order_id: orderId, exchange_order_id: 'x-1', attempts: 1, submitted_at: 'now' };
        await append({ type: 'OrderSubmitted', data: { ...known, evidence: 'query' } });
        return exchange.place(order);
      },
    };
    await expect(run()).rejects.toMatchObject({ code: 'order_already_settled' });
  });
});

describe('an outage of the exchange', () => {
  const probing: PlacementDeps['guard'] = async (step) => ({
    called: true,
    outcome: await step(true),
    duringOutage: true,
  });

  it('leaves no trace of a probe that reached nobody', async () => {
    const { run, types, calls } = await scene({ query: [] }, { guard: probing });
    expect(await run()).toEqual({ kind: 'exchange_unavailable' });
    expect(types()).toEqual(['OrderPlaced']);
    expect(calls.place).toEqual([]);
  });

  it('uses up no attempt, however long it lasts', async () => {
    const rounds = 20;
    const absent = Array.from({ length: rounds }, () => ({ kind: 'absent' }) as const);
    const place = Array.from({ length: rounds }, () => notPlaced);
    const { run, deps, calls, types } = await scene({ place, query: absent }, { guard: probing, attemptsMax: 2 });
    for (let round = 0; round < rounds; round += 1) expect(await run()).toMatchObject({ kind: 'open' });
    expect(types().filter((type) => type === 'OrderFailed')).toEqual([]);
    deps.exchange = { ...deps.exchange, place: async () => confirmed() };
    deps.guard = async (step) => ({ called: true, outcome: await step(false), duringOutage: false });
    expect(await run()).toMatchObject({ status: 'submitted' });
    expect(calls.place).toHaveLength(rounds);
  });

  it('does not send what a probe finds at the exchange', async () => {
    const query: QueryOutcome[] = [{ kind: 'found', exchangeOrderId: 'x-3' }];
    const { run, calls } = await scene({ query }, { guard: probing });
    expect(await run()).toMatchObject({ status: 'submitted' });
    expect(calls.place).toEqual([]);
  });
});

describe('what is in the way', () => {
  it('leaves no trace of an attempt while the exchange is held to be out of order', async () => {
    const { run, types, calls } = await scene({}, { guard: async () => ({ called: false }) });
    expect(await run()).toEqual({ kind: 'exchange_unavailable' });
    expect(types()).toEqual(['OrderPlaced']);
    expect(calls.place).toEqual([]);
  });

  it('says so when there is no such order', async () => {
    const { deps } = await scene({});
    await expect(placeOrder(deps, '0191a0c4-7c1e-7000-8000-00000000dead')).rejects.toThrow(NoSuchOrderError);
  });

  it('does not call the exchange when the intent could not be written', async () => {
    const { deps, run, calls } = await scene({});
    deps.store = { ...deps.store, append: () => Promise.reject(new Error('event store down')) };
    await expect(run()).rejects.toThrow('event store down');
    expect(calls.place).toEqual([]);
  });

  it('finds the order at the exchange when the outcome could not be written', async () => {
    const { deps, run, types, calls } = await scene({ query: [{ kind: 'found', exchangeOrderId: 'x-1' }] });
    const { store } = deps;
    let appends = 0;
    deps.store = {
      ...store,
      append: (append) => (++appends === 2 ? Promise.reject(new Error('event store down')) : store.append(append)),
    };
    await expect(run()).rejects.toThrow('event store down');
    expect(await run()).toMatchObject({ status: 'submitted' });
    expect(calls.place).toHaveLength(1);
    expect(types()).toEqual(['OrderPlaced', 'SubmissionStarted', 'OrderSubmitted']);
  });
});
