// Sends an order that failed, or is in doubt, round again: an event that says who wanted it and why. The stream decides
// whether that is possible, and the projector makes a job of it, as of any order that becomes open.
import { OrderError } from '@orders/domain/errors';
import { decide } from '@orders/domain/order';
import type { RequestRedrive } from '@orders/domain/order-types';
import type { LogPosition } from '@orders/order-store/order-store';
import { applyToView, type OrderView, viewOfHistory } from '@orders/read-model/order-view';
import type { PlacementDeps } from './order-placement.ts';

export type Redrive = { orderId: string; by: string; reason: string; traceparent: string | undefined };
export type Redriven = { view: OrderView; revision: bigint; position: LogPosition };

// Each round lost means that a worker or another operator wrote to the stream in between.
const roundsMax = 8;

/** Throws {@link OrderError} when there is nothing to redrive, and what the order store fails with. */
export const orderRedrive =
  ({ append, load, now, newId }: PlacementDeps) =>
  async ({ orderId, by, reason, traceparent }: Redrive): Promise<Redriven> => {
    const data = { order_id: orderId, by, reason, at: now().toISOString() };
    const command: RequestRedrive = { type: 'RequestRedrive', data };
    for (let round = 0; round < roundsMax; round += 1) {
      const { order, revision: expectedRevision, history } = await load(orderId);
      const events = decide(command, order);
      // What follows from the redrive belongs to the same order, and so to the request that once placed it.
      const correlationId = history[0]?.metadata.$correlationId ?? '';
      const context = { correlationId, causationId: newId(), traceparent };
      const result = await append({ orderId, expectedRevision, events, context });
      if (result.kind === 'conflict') continue;
      const { revision, position } = result;
      const view = events.reduce<OrderView | null>(
        (before, event) => applyToView(before, event, Number(revision)),
        viewOfHistory(history),
      );
      if (view === null) throw new OrderError('order_not_found', orderId);
      return { view, revision, position };
    }
    throw new Error(`rivals kept writing to the stream of order ${orderId}`);
  };
