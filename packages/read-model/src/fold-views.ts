// What events make of views. Pure: the same events on the same views always end the same way, so events that are
// delivered twice change nothing. Everybody who derives views folds with this, or they could not be compared.
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { applyToView, type OrderView } from './order-view.ts';

export type FoldedViews = {
  changed: OrderView[];
  /** Events that do not follow their view: a stream without beginning, or with a hole. */
  anomalies: RecordedOrderEvent[];
};

/** `onChange` hears of each event that made another view of one. */
export function foldViews(
  known: ReadonlyMap<string, OrderView>,
  events: readonly RecordedOrderEvent[],
  onChange: (recorded: RecordedOrderEvent, before: OrderView | null, after: OrderView) => void = () => undefined,
): FoldedViews {
  const changed = new Map<string, OrderView>();
  const anomalies: RecordedOrderEvent[] = [];
  for (const recorded of events) {
    const { orderId, event } = recorded;
    const revision = Number(recorded.revision);
    const before = changed.get(orderId) ?? known.get(orderId) ?? null;
    if (before !== null && revision <= before.revision) continue;
    const after = applyToView(before, event, revision);
    if (after === null || revision !== (before?.revision ?? -1) + 1) anomalies.push(recorded);
    if (after === null) continue;
    changed.set(orderId, after);
    onChange(recorded, before, after);
  }
  return { changed: [...changed.values()], anomalies };
}
