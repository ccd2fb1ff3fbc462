import type { EventStoreDBClient } from '@eventstore/db-client';
import type { LogPosition } from '@orders/order-store/order-store';
import { type OrderLogPage, readOrderLog } from '@orders/order-store/read-log';
import { askEventStore } from './event-store.ts';

/** All pages after `from` up to `to`, or `UnreachableError`; what their reader throws stays what it is. */
export async function* orderLogPages(
  client: EventStoreDBClient,
  from: LogPosition | null,
  to: LogPosition,
): AsyncGenerator<OrderLogPage> {
  const pages = readOrderLog({ client, from, to });
  for (;;) {
    const { value: page, done } = await askEventStore(() => pages.next());
    if (done === true) return;
    yield page;
  }
}
