// What a job says of its order saves reading the stream, and is believed no further than the stream confirms it.
import type { OrderEvent } from '@orders/domain/order-types';
import { memoryOrderStore } from '@orders/order-store/memory-order-store';
import type { ExchangeOrder, PlacementOutcome } from '@orders/stock-exchange/exchange';
import {
  orderInDoubt,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { NoSuchOrderError, type PlacementDeps, placeOrder } from './place-order.ts';

const orderId = '0191a0c4-7c1e-7000-8000-000000000001';
const placedEvent = orderPlaced(orderId);
const placed = { data: placedEvent.data, correlation_id: 'request-1', traceparent: '00-aa-bb-01' };

async function scene(history: OrderEvent[]) {
  const store = memoryOrderStore();
  const context = { correlationId: 'request-1', causationId: 'request-1', traceparent: '00-aa-bb-01' };
  if (history.length > 0) await store.append({ orderId, expectedRevision: 'no_stream', events: history, context });
  const called: ExchangeOrder[] = [];
  let loads = 0;
  let ids = 0;
  const deps: PlacementDeps = {
    store: {
      ...store,
      load: (id) => {
        loads += 1;
        return store.load(id);
      },
    },
    exchange: {
      place: async (order): Promise<PlacementOutcome> => {
        called.push(order);
        return { kind: 'confirmed', exchangeOrderId: 'x-1' };
      },
      query: async () => ({ kind: 'found', exchangeOrderId: 'x-0' }),
      repeatIsSafe: true,
      absenceProvenAfterMs: 60_000,
      unknownPolicy: 'park',
    },
    guard: async (step) => ({ called: true, outcome: await step(false), duringOutage: false }),
    attemptsMax: 3,
    now: () => new Date('2026-01-02T03:04:06.000Z'),
    newId: () => `run-${++ids}`,
    observe: { onAttempt: () => undefined, onQuery: () => undefined },
  };
  return {
    run: (said = placed) => placeOrder(deps, orderId, { placed: said }),
    runRound: (round: number) => placeOrder(deps, orderId, { round }),
    called,
    loads: () => loads,
    log: store.log,
  };
}

describe('an order that was placed and nothing else', () => {
  it('is placed without its stream being read, and leaves the same events behind', async () => {
    const { run, called, loads, log } = await scene([placedEvent]);
    expect(await run()).toEqual({ kind: 'settled', status: 'submitted', was: 'now' });
    expect(loads()).toBe(0);
    const { type, side, instrument, limit_price, quantity } = placedEvent.data;
    expect(called).toEqual([{ clientOrderId: orderId, terms: { type, side, instrument, limit_price, quantity } }]);
    expect(log.map(({ event }) => event.type)).toEqual(['OrderPlaced', 'SubmissionStarted', 'OrderSubmitted']);
    for (const { metadata } of log) expect(metadata).toMatchObject({ $correlationId: 'request-1' });
    for (const { metadata } of log) expect(metadata).toMatchObject({ traceparent: '00-aa-bb-01' });
  });
});

describe('a job that is out of date', () => {
  it('does not call the exchange for an order that is settled', async () => {
    const { run, called, log } = await scene([placedEvent, submissionStarted(orderId), orderSubmitted(orderId)]);
    expect(await run()).toEqual({ kind: 'settled', status: 'submitted', was: 'already' });
    expect(called).toEqual([]);
    expect(log).toHaveLength(3);
  });

  it('asks the exchange about a call that somebody has begun', async () => {
    const { run, called, log } = await scene([placedEvent, submissionStarted(orderId)]);
    expect(await run()).toEqual({ kind: 'settled', status: 'submitted', was: 'now' });
    expect(called).toEqual([]);
    expect(log.at(-1)?.event).toMatchObject({ data: { exchange_order_id: 'x-0', evidence: 'query' } });
  });

  it('leaves an order that was sent round again to the job of that round', async () => {
    const history = [placedEvent, submissionStarted(orderId), orderInDoubt(orderId), redriveRequested(orderId)];
    const { runRound, called, log } = await scene([...history, submissionStarted(orderId)]);
    expect(await runRound(0)).toEqual({ kind: 'superseded' });
    expect(log).toHaveLength(5);
    expect(await runRound(1)).toEqual({ kind: 'settled', status: 'submitted', was: 'now' });
    expect(called).toEqual([]);
  });

  it('is not believed when it speaks of another order', async () => {
    const { run, called, loads } = await scene([placedEvent]);
    const other = { ...placed, data: { ...placed.data, order_id: 'another', quantity: 1_000_000 } };
    expect(await run(other)).toEqual({ kind: 'settled', status: 'submitted', was: 'now' });
    expect(loads()).toBe(1);
    expect(called).toMatchObject([{ clientOrderId: orderId, terms: { quantity: placed.data.quantity } }]);
  });

  it('places nothing of an order that this event store does not have', async () => {
    const { run, called } = await scene([]);
    await expect(run()).rejects.toThrow(NoSuchOrderError);
    expect(called).toEqual([]);
  });
});
