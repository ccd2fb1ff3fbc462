// What a batch of events makes of the views, and which orders it opens. Pure: the same batch on the same views always
// ends the same way, so a batch that is delivered twice changes nothing.
import { type OrderStatus, openStatuses } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { PlacedAlone, PlacementRequest } from '@orders/placement-queue/placement-queue';
import { type FoldedViews, foldViews } from '@orders/read-model/fold-views';
import type { OrderView } from '@orders/read-model/order-view';

export type FoldedBatch = FoldedViews & {
  /** Became open in this batch, and still are at its end: somebody must place them. */
  opened: PlacementRequest[];
  submitted: { placedAt: string; submittedAt: string }[];
};

export function foldBatch(known: ReadonlyMap<string, OrderView>, events: readonly RecordedOrderEvent[]): FoldedBatch {
  const opening = new Map<string, PlacedAlone | undefined>();
  const [opened, submitted]: [FoldedBatch['opened'], FoldedBatch['submitted']] = [[], []];
  const { changed, anomalies } = foldViews(known, events, (recorded, before, after) => {
    const { orderId, event } = recorded;
    if (isOpen(after.status) && !(before !== null && isOpen(before.status)))
      opening.set(orderId, placedAlone(recorded));
    if (event.type === 'OrderSubmitted' && before?.status !== 'submitted') {
      submitted.push({ placedAt: after.created_at, submittedAt: event.data.submitted_at });
    }
  });
  for (const { id, status, redrives, revision } of changed) {
    if (!opening.has(id) || !isOpen(status)) continue;
    const placed = revision === 0 ? opening.get(id) : undefined;
    opened.push({ orderId: id, redrives, ...(placed && { placed }) });
  }
  return { changed, opened, submitted, anomalies };
}

function placedAlone({ event, metadata }: RecordedOrderEvent): PlacedAlone | undefined {
  if (event.type !== 'OrderPlaced') return undefined;
  const { $correlationId: correlation_id, traceparent } = metadata;
  return { data: event.data, correlation_id, ...(traceparent !== undefined && { traceparent }) };
}

const isOpen = (status: OrderStatus): boolean => (openStatuses as readonly OrderStatus[]).includes(status);
