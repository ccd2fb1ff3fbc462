// What a batch of events makes of the views, and which orders it opens. Pure: the same batch on the same views always
// ends the same way, so a batch that is delivered twice changes nothing.
import { type OrderStatus, openStatuses } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { PlacedAlone, PlacementRequest } from '@orders/placement-queue/placement-queue';
import { applyToView, type OrderView } from '@orders/read-model/order-view';

export type FoldedBatch = {
  changed: OrderView[];
  /** Became open in this batch, and still are at its end: somebody must place them. */
  opened: PlacementRequest[];
  submitted: { placedAt: string; submittedAt: string }[];
  /** Events that do not follow their view: a stream without beginning, or with a hole. */
  anomalies: RecordedOrderEvent[];
};

export function foldBatch(known: ReadonlyMap<string, OrderView>, events: readonly RecordedOrderEvent[]): FoldedBatch {
  const changed = new Map<string, OrderView>();
  const opening = new Map<string, PlacedAlone | undefined>();
  const folded: FoldedBatch = { changed: [], opened: [], submitted: [], anomalies: [] };
  for (const recorded of events) {
    const { orderId, event } = recorded;
    const revision = Number(recorded.revision);
    const before = changed.get(orderId) ?? known.get(orderId) ?? null;
    if (before !== null && revision <= before.revision) continue;
    const after = applyToView(before, event, revision);
    if (after === null || revision !== (before?.revision ?? -1) + 1) folded.anomalies.push(recorded);
    if (after === null) continue;
    changed.set(orderId, after);
    if (isOpen(after.status) && !(before !== null && isOpen(before.status)))
      opening.set(orderId, placedAlone(recorded));
    if (event.type === 'OrderSubmitted' && before?.status !== 'submitted') {
      folded.submitted.push({ placedAt: after.created_at, submittedAt: event.data.submitted_at });
    }
  }
  folded.changed = [...changed.values()];
  for (const { id, status, redrives, revision } of folded.changed) {
    if (!opening.has(id) || !isOpen(status)) continue;
    const placed = revision === 0 ? opening.get(id) : undefined;
    folded.opened.push({ orderId: id, redrives, ...(placed && { placed }) });
  }
  return folded;
}

function placedAlone({ event, metadata }: RecordedOrderEvent): PlacedAlone | undefined {
  if (event.type !== 'OrderPlaced') return undefined;
  const { $correlationId: correlation_id, traceparent } = metadata;
  return { data: event.data, correlation_id, ...(traceparent !== undefined && { traceparent }) };
}

const isOpen = (status: OrderStatus): boolean => (openStatuses as readonly OrderStatus[]).includes(status);
