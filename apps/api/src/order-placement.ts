// Places one order: decides, and appends. The append is the only write on the way to a 201, and the stream the only
// table of idempotency keys: a key is an order id, and of any number of twins one begins the stream.

import { OrderError } from '@orders/domain/errors';
import { absentOrder, decide } from '@orders/domain/order';
import type { OrderEvent, OrderPlaced, OrderTerms, PlaceOrder } from '@orders/domain/order-types';
import {
  type Append,
  AppendError,
  type AppendFailure,
  type AppendResult,
  type LoadedOrder,
  type LogPosition,
} from '@orders/order-store/order-store';
import { v5 as uuidV5 } from 'uuid';

export type Placement = {
  accountId: string;
  idempotencyKey: string | undefined;
  terms: OrderTerms;
  correlationId: string;
  traceparent: string | undefined;
};

export type Placed = {
  placed: OrderPlaced['data'];
  revision: bigint;
  position: LogPosition;
  /** Another request with the same key had placed the order. */
  replayed: boolean;
};

export type PlacementDeps = {
  append: (append: Append) => Promise<AppendResult>;
  load: (orderId: string) => Promise<LoadedOrder>;
  now: () => Date;
  /** A new UUID, ordered by time. */
  newId: () => string;
};

/** The order could not be placed, for no fault of the client. `outcome` is what is known about this one request. */
export class PlacementError extends Error {
  override readonly name = 'PlacementError';
  readonly outcome: AppendFailure;

  constructor(outcome: AppendFailure, options: ErrorOptions) {
    super(`the order was not placed: ${outcome}`, options);
    this.outcome = outcome;
  }
}

// Fixed for ever: another namespace would make a second order of a repeated request.
const orderIdNamespace = '0f1d6a52-9b7c-4e0a-8c1e-6f2b7d3a9e40';

/** Throws {@link OrderError} when the key belongs to an order with other terms, {@link PlacementError} for the rest. */
export const orderPlacement =
  ({ append, load, now, newId }: PlacementDeps) =>
  async ({ accountId, idempotencyKey, terms, correlationId, traceparent }: Placement): Promise<Placed> => {
    // An account id has no line break, so no two pairs of account and key read the same.
    const orderId =
      idempotencyKey === undefined ? newId() : uuidV5(`${accountId}\n${idempotencyKey}`, orderIdNamespace);
    const causationId = newId();
    const at = now().toISOString();
    const command: PlaceOrder = { type: 'PlaceOrder', data: { order_id: orderId, account_id: accountId, terms, at } };
    const events = decide(command, absentOrder);
    const context = { correlationId, causationId, traceparent };
    try {
      const result = await append({ orderId, expectedRevision: 'no_stream', events, context });
      if (result.kind === 'conflict') return earlierPlacement(command, await load(orderId), causationId);
      const { revision, position } = result;
      return { placed: placementAmong(events), revision, position, replayed: false };
    } catch (error) {
      if (error instanceof OrderError) throw error;
      throw new PlacementError(error instanceof AppendError ? error.outcome : 'unknown', { cause: error });
    }
  };

function placementAmong(events: readonly OrderEvent[]): OrderPlaced['data'] {
  for (const event of events) if (event.type === 'OrderPlaced') return event.data;
  throw new Error('the order was decided not to be placed');
}

// Every twin answers with what is stored, so all of them say the same, down to the millisecond.
function earlierPlacement(command: PlaceOrder, { order, history }: LoadedOrder, causationId: string): Placed {
  const missing = decide(command, order);
  if (missing.length > 0) throw new Error('the stream is taken, but holds no order');
  for (const { event, revision, position, metadata } of history) {
    if (event.type !== 'OrderPlaced') continue;
    return { placed: event.data, revision, position, replayed: metadata.$causationId !== causationId };
  }
  throw new Error('the stream holds an order that was never placed');
}
