// What the gateway may believe after it has spoken to an exchange. `refused` and `not_placed` are facts: nothing of the
// order stands there. `unknown` is no fact at all, and is never read as a failure.
import type { OrderTerms } from '@orders/domain/order-types';

export type PlacementOutcome =
  | { kind: 'confirmed'; exchangeOrderId: string }
  /** A rule of the exchange forbids the order; asking again cannot help. */
  | { kind: 'refused'; reason: string }
  /** The call ended before the exchange did anything; it may be tried again. */
  | { kind: 'not_placed'; reason: string }
  /** Time-out, reset, 5xx: the order may stand at the exchange, or may not. */
  | { kind: 'unknown'; reason: string };

export type QueryOutcome =
  | { kind: 'found'; exchangeOrderId: string }
  | { kind: 'absent' }
  | { kind: 'unknown'; reason: string };

/** The order id serves as the client order id at the exchange, the same for every attempt. */
export type ExchangeOrder = { clientOrderId: string; terms: OrderTerms };

/**
 * For an exchange that can neither be asked nor recognises repeats: call again and risk two orders, or leave it to a
 * person.
 */
export type UnknownOutcomePolicy = 'retry' | 'park';

/** None of the functions rejects: every end of a call is one of the outcomes. */
export type Exchange = {
  place: (order: ExchangeOrder) => Promise<PlacementOutcome>;
  /** `null` for an exchange that cannot be asked by client order id. */
  query: ((clientOrderId: string) => Promise<QueryOutcome>) | null;
  /**
   * Whether the exchange answers an identical repeat with the original order, so that repeating places nothing twice.
   */
  repeatIsSafe: boolean;
  /** How long after the beginning of a call a query that finds nothing proves that nothing was placed. */
  absenceProvenAfterMs: number;
  /** What is to be done about an unknown outcome where `query` is `null` and `repeatIsSafe` is not true. */
  unknownPolicy: UnknownOutcomePolicy;
};
