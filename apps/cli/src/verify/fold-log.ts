// Folds a stretch of the log into views, page by page, as the projector does: with the same code, from events alone.
import type { EventStoreDBClient } from '@eventstore/db-client';
import { inShard, type OrderShard } from '@orders/order-store/order-shard';
import type { LogPosition, RecordedOrderEvent } from '@orders/order-store/order-store';
import { foldViews } from '@orders/read-model/fold-views';
import type { OrderView } from '@orders/read-model/order-view';
import type { ViewChange } from '@orders/read-model/projection-commit';
import { orderLogPages } from '../order-log-pages.ts';

export type ViewStore = {
  load: (orderIds: readonly string[]) => Promise<Map<string, OrderView>>;
  /** `position`: of the last event that the changes come from. */
  save: (changes: readonly ViewChange[], position: LogPosition) => Promise<void>;
};

export type FoldOptions = {
  client: EventStoreDBClient;
  /** Whose events are folded. */
  shard: OrderShard;
  /** Exclusive; `null` for the start of the log. */
  from: LogPosition | null;
  /** Inclusive. */
  to: LogPosition;
  views: ViewStore;
  /** Called with the events of each page, once they are folded. */
  onPage: (events: number, position: LogPosition) => void;
  signal: AbortSignal;
};

/** Throws `UnreachableError` when the event store does not answer to the end, and what `views` throws. */
export async function foldLog({ client, shard, from, to, views, onPage, signal }: FoldOptions): Promise<void> {
  for await (const page of orderLogPages(client, from, to)) {
    signal.throwIfAborted();
    const last = page.events.at(-1);
    if (last === undefined) continue;
    const events = page.events.filter(({ orderId }) => inShard(orderId, shard));
    if (events.length > 0) await foldPage(views, events, last.position);
    onPage(events.length, last.position);
  }
}

async function foldPage(views: ViewStore, events: readonly RecordedOrderEvent[], position: LogPosition) {
  const first = new Map<string, bigint>();
  for (const { orderId, revision } of events) if (!first.has(orderId)) first.set(orderId, revision);
  // An order that begins on this page has no view yet: to save one more would fail.
  const known = await views.load([...first].flatMap(([id, revision]) => (revision === 0n ? [] : [id])));
  const { changed } = foldViews(known, events);
  const changes = changed.map((after) => ({ id: after.id, before: known.get(after.id) ?? null, after }));
  await views.save(changes, position);
}
