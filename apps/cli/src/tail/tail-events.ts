// Order events in the order of the log, each one once: the past in pages, then what comes, from where the last batch
// ended. Whatever breaks in between is begun again from there, so that nobody downstream sees a gap or a repeat.
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStoreConnection } from '@orders/order-store/event-store-connection';
import { holdsEvent } from '@orders/order-store/log-position';
import { isLater, type LogPosition, type RecordedOrderEvent } from '@orders/order-store/order-store';
import { orderEventBatches } from '@orders/order-store/order-subscription';
import { readLogEnd } from '@orders/order-store/store-identity';
import { streamHistory } from '@orders/order-store/stream-history';
import { UnreachableError } from '../failures.ts';

export type TailBatch = {
  events: readonly RecordedOrderEvent[];
  /** Those that this version cannot read. */
  unreadable: readonly { revision: bigint; type: string }[];
};

type TailOptions = {
  connection: EventStoreConnection;
  /** Exclusive; `null` for the start of the log. */
  from: LogPosition | null;
  /** Inclusive; `null` to follow the log for ever. */
  until: LogPosition | null;
  /** The events that are wanted. May ask the event store: when it fails, the same events come again. */
  select: (events: readonly RecordedOrderEvent[]) => Promise<readonly RecordedOrderEvent[]>;
  onLost: (error: unknown) => void;
  onBack: () => void;
  signal: AbortSignal;
};

const batchMax = 500;
const idleMs = 60_000;
// Nobody would notice that less than this is missing, and a subscription is the slower way to fetch the past.
const nearlyLiveMs = 1_000;
const pauseMs = { first: 250, max: 5_000 };

/**
 * Ends when all up to `until` is handed over, or by the signal. Throws {@link UnreachableError} when the event store
 * fails before `until`, and when another one has taken its place.
 */
export async function* tailEvents(options: TailOptions): AsyncGenerator<TailBatch> {
  const { connection, from, until, select, onLost, onBack, signal } = options;
  let reached = from;
  // Unlike a position that the subscription has looked at in passing, this one is an event's.
  let lastEvent = from;
  let lost = false;
  let pause = pauseMs.first;
  while (!signal.aborted) {
    try {
      if (lost) await expectSameLog(connection, lastEvent);
      for await (const { events, unreadable, position } of batchesAfter(reached, options)) {
        const selected = await select(events);
        if (lost) onBack();
        lost = false;
        pause = pauseMs.first;
        if (selected.length > 0 || unreadable.length > 0) yield { events: selected, unreadable };
        reached = position;
        lastEvent = events.at(-1)?.position ?? lastEvent;
      }
      if (until !== null) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof UnreachableError) throw error;
      if (until !== null) throw new UnreachableError('the event store', error);
      if (!lost) onLost(error);
      lost = true;
      connection.failed(error);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(pauseMs.max, pause * 2);
    }
  }
}

/** A log that was wiped meanwhile would be followed in silence until it is as long as the former one was. */
async function expectSameLog(connection: EventStoreConnection, lastEvent: LogPosition | null): Promise<void> {
  if (lastEvent === null || (await holdsEvent(connection.client(), lastEvent))) return;
  const cause = new Error(`its log has no event at position ${lastEvent.commit} any more`);
  throw new UnreachableError('the event store that was read so far', cause);
}

async function* batchesAfter(from: LogPosition | null, { connection, until, signal }: TailOptions) {
  const client = connection.client();
  let reached = from;
  for (;;) {
    const to = until ?? (await readLogEnd(client));
    if (to === null || !isLater(to, reached)) break;
    const begunAtMs = performance.now();
    for await (const batch of streamHistory({ client, from: reached, to, beyond: until === null })) {
      if (signal.aborted) return;
      yield batch;
      reached = batch.position;
    }
    if (until !== null || performance.now() - begunAtMs < nearlyLiveMs) break;
  }
  if (until !== null) return;
  yield* orderEventBatches({ client, from: reached, batchMax, idleMs, signal });
}
