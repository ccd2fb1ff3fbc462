import { describe, expect, it } from 'vitest';
import type { ExchangeOrder } from './exchange.ts';
import { inProcessExchange } from './in-process-exchange.ts';
import { OrderPlacementError, placeOrder } from './place-order.ts';

const order: ExchangeOrder = {
  clientOrderId: '3f0c4f0e-8f5a-5d8e-9c53-1f0a4f6f7a11',
  terms: { type: 'market', side: 'buy', instrument: 'DE0007164600', limit_price: null, quantity: 5 },
};
const drawing = (value: number) => () => value;

describe('placeOrder', () => {
  it.each([0, 0.05, 0.0999])('raises when the draw %d falls into the failing tenth', async (draw) => {
    const refused = placeOrder(order, { random: drawing(draw), latencyMs: 0 });
    await expect(refused).rejects.toThrow(OrderPlacementError);
    await expect(refused).rejects.toThrow('Failed to place order at stock exchange. Connection not available');
  });

  it.each([0.1, 0.5, 0.9999])('places when the draw is %d', async (draw) => {
    await expect(placeOrder(order, { random: drawing(draw), latencyMs: 0 })).resolves.toBeUndefined();
  });

  it('raises before it takes its time, so that nothing can have been placed', async () => {
    const endless = { failureRate: 1, latencyMs: 1_000_000 };
    await expect(placeOrder(order, endless)).rejects.toThrow(OrderPlacementError);
  });
});

describe('inProcessExchange', () => {
  it('confirms a placement under a fresh exchange order id', async () => {
    const exchange = inProcessExchange({ failureRate: 0, latencyMs: 0 });
    const [first, second] = [await exchange.place(order), await exchange.place(order)];
    expect(first).toEqual({ kind: 'confirmed', exchangeOrderId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(second).not.toEqual(first);
  });

  it('reports a missing connection as not placed', async () => {
    const reason = 'Failed to place order at stock exchange. Connection not available';
    expect(await inProcessExchange({ failureRate: 1 }).place(order)).toEqual({ kind: 'not_placed', reason });
  });

  it('reports every other error as unknown', async () => {
    const random = () => {
      throw new Error('no entropy');
    };
    const outcome = await inProcessExchange({ random }).place(order);
    expect(outcome).toEqual({ kind: 'unknown', reason: 'Error: no entropy' });
  });

  it('declares that it can neither be asked nor be called twice', () => {
    expect(inProcessExchange()).toMatchObject({ query: null, repeatIsSafe: false });
  });
});
