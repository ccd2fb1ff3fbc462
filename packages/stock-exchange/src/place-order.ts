// The given building block, ported as it is: one call in ten finds no connection and raises before it has done
// anything, every other one places the order and takes half a second. It knows no client order id: two calls are two
// orders.
import { setTimeout } from 'node:timers/promises';
import type { ExchangeOrder } from './exchange.ts';

/** Raised before anything was done: no order stands at the exchange because of this call. */
export class OrderPlacementError extends Error {
  override readonly name = 'OrderPlacementError';
}

export type PlaceOrderOptions = {
  /** Probability of {@link OrderPlacementError}, from 0 to 1. */
  failureRate?: number;
  latencyMs?: number;
  /** Uniform in [0, 1). */
  random?: () => number;
};

export async function placeOrder(_order: ExchangeOrder, options: PlaceOrderOptions = {}): Promise<void> {
  const { failureRate = 0.1, latencyMs = 500, random = Math.random } = options;
  if (random() < failureRate) {
    throw new OrderPlacementError('Failed to place order at stock exchange. Connection not available');
  }
  await setTimeout(latencyMs);
}
