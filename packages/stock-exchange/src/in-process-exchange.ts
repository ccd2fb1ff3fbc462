// The stock exchange as the given building block defines it: a function in this process. It keeps nothing, so it can
// neither be asked for an order nor recognise a repeat; the gateway must know both before it calls twice.
import { randomUUID } from 'node:crypto';
import type { Exchange, ExchangeOrder, PlacementOutcome, UnknownOutcomePolicy } from './exchange.ts';
import { OrderPlacementError, type PlaceOrderOptions, placeOrder } from './place-order.ts';

export type InProcessExchangeOptions = PlaceOrderOptions & {
  unknownPolicy?: UnknownOutcomePolicy;
  newExchangeOrderId?: () => string;
};

export function inProcessExchange({
  unknownPolicy = 'park',
  newExchangeOrderId = randomUUID,
  ...options
}: InProcessExchangeOptions = {}): Exchange {
  async function place(order: ExchangeOrder): Promise<PlacementOutcome> {
    try {
      await placeOrder(order, options);
      return { kind: 'confirmed', exchangeOrderId: newExchangeOrderId() };
    } catch (error) {
      if (error instanceof OrderPlacementError) return { kind: 'not_placed', reason: error.message };
      return { kind: 'unknown', reason: String(error) };
    }
  }
  const absenceProvenAfterMs = Number.POSITIVE_INFINITY;
  return { place, query: null, repeatIsSafe: false, absenceProvenAfterMs, unknownPolicy };
}
