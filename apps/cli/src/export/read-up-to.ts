import type { EventStoreDBClient } from '@eventstore/db-client';
import type { LogPosition } from '@orders/order-store/order-store';
import { type OrderLogPage, readOrderLog } from '@orders/order-store/read-log';
import { askEventStore } from '../event-store.ts';
import { UnreachableError } from '../failures.ts';

export const positionAt = (commit: string): LogPosition => ({ commit: BigInt(commit), prepare: BigInt(commit) });

/** All pages after `from` up to `cut`, or `UnreachableError`: a client that loses its server may end without a word. */
export async function* readUpTo(
  client: EventStoreDBClient,
  from: LogPosition | null,
  cut: LogPosition,
): AsyncGenerator<OrderLogPage> {
  if (from?.commit === cut.commit) return;
  const pages = readOrderLog({ client, from, to: cut });
  let reached = from;
  for (;;) {
    const next = await askEventStore(() => pages.next());
    if (next.done === true) break;
    yield next.value;
    reached = next.value.reached;
  }
  if (reached?.commit === cut.commit) return;
  throw new UnreachableError('the event store', new Error(`the log ended before position ${cut.commit}`));
}
