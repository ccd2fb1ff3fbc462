// The two policies for the given placeOrder(), which can neither be asked nor told twice: what becomes of an order
// whose worker died between the call and the record of its outcome.
import { decide } from '@orders/domain/order';
import { memoryOrderStore } from '@orders/order-store/memory-order-store';
import type { UnknownOutcomePolicy } from '@orders/stock-exchange/exchange';
import { inProcessExchange } from '@orders/stock-exchange/in-process-exchange';
import { orderPlaced } from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { type PlacementDeps, placeOrder } from './place-order.ts';

const orderId = '0191a0c4-7c1e-7000-8000-000000000001';

async function orderWhoseWorkerDied(unknownPolicy: UnknownOutcomePolicy) {
  const store = memoryOrderStore();
  const context = { correlationId: 'request-1', causationId: 'request-1', traceparent: undefined };
  await store.append({ orderId, expectedRevision: 'no_stream', events: [orderPlaced(orderId)], context });
  const bare = inProcessExchange({ failureRate: 0, latencyMs: 0, unknownPolicy });
  const calls: string[] = [];
  let ids = 0;
  const deps: PlacementDeps = {
    store,
    exchange: {
      ...bare,
      place: (order) => {
        calls.push(order.clientOrderId);
        return bare.place(order);
      },
    },
    guard: async (step) => ({ called: true, outcome: await step(false), duringOutage: false }),
    attemptsMax: 3,
    now: () => new Date(),
    newId: () => `run-${++ids}`,
    observe: { onAttempt: () => undefined, onQuery: () => undefined },
  };
  const dying: PlacementDeps = {
    ...deps,
    store: {
      ...store,
      append: (append) =>
        append.events[0]?.type === 'OrderSubmitted' ? Promise.reject(new Error('killed')) : store.append(append),
    },
  };
  await expect(placeOrder(dying, orderId)).rejects.toThrow('killed');
  expect(calls).toHaveLength(1);
  return {
    store,
    calls,
    work: () => placeOrder(deps, orderId),
    redrive: async () => {
      const { order, revision } = await store.load(orderId);
      const data = { order_id: orderId, by: 'ops', reason: 'not in the drop copy', at: new Date().toISOString() };
      const events = decide({ type: 'RequestRedrive', data }, order);
      await store.append({ orderId, expectedRevision: revision, events, context: { ...context, causationId: 'ops' } });
    },
  };
}

describe('at the bare placeOrder(), an order whose outcome was lost', () => {
  it('is left to a person under the policy `park`, and never called again', async () => {
    const { work, calls, store } = await orderWhoseWorkerDied('park');
    expect(await work()).toEqual({ kind: 'settled', status: 'in_doubt', was: 'now' });
    expect(await work()).toEqual({ kind: 'settled', status: 'in_doubt', was: 'already' });
    expect(calls).toHaveLength(1);
    expect(store.log.map(({ event }) => event.type)).toEqual(['OrderPlaced', 'SubmissionStarted', 'OrderInDoubt']);
  });

  it('is called again under the policy `park` only when a person says so', async () => {
    const { work, calls, redrive } = await orderWhoseWorkerDied('park');
    await work();
    await redrive();
    expect(await work()).toEqual({ kind: 'settled', status: 'submitted', was: 'now' });
    expect(calls).toHaveLength(2);
  });

  it('is called again under the policy `retry`, at the risk of a second order', async () => {
    const { work, calls } = await orderWhoseWorkerDied('retry');
    expect(await work()).toEqual({ kind: 'settled', status: 'submitted', was: 'now' });
    expect(calls).toHaveLength(2);
  });
});
