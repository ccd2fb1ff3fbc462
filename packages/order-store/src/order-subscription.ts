// Every order event in the order of the log, in micro-batches. A batch is what arrived while the last one was worked on, so
// batches grow under load and add no delay without it. The generator ends only by throwing or by its signal: an end of the
// subscription, clean or not, is a reason to subscribe again.
import { type EventStoreDBClient, START, streamNameFilter } from '@eventstore/db-client';
import { decodeEvent } from './event-codec.ts';
import { type LogPosition, orderStreamPrefix, type RecordedOrderEvent } from './order-store.ts';

export type OrderEventBatch = {
  /** In log order; empty when only the position moved, the end of the log was reached, or nothing came for a while. */
  events: RecordedOrderEvent[];
  /** Where in the log events stood that this version cannot read. */
  unreadable: { stream: string; revision: bigint; type: string }[];
  /** Every order event up to here is in this batch or was in an earlier one; `null` while nothing was seen. */
  position: LogPosition | null;
  /** Whether everything that was in the log at the time of the subscription has been delivered. */
  caughtUp: boolean;
};

type SubscribeOptions = {
  client: EventStoreDBClient;
  /** Exclusive; `null` for the start of the log. */
  from: LogPosition | null;
  batchMax: number;
  /** An empty batch is handed over when nothing came for this long, so that the consumer can look after its own state. */
  idleMs: number;
  signal: AbortSignal;
};

// In units of 32 events of the whole log: how often the server says how far it has looked without finding order events.
const checkpointInterval = 32;

export class SubscriptionEndedError extends Error {
  override readonly name = 'SubscriptionEndedError';
}

export async function* orderEventBatches(options: SubscribeOptions): AsyncGenerator<OrderEventBatch, void, void> {
  const { client, from, batchMax, idleMs, signal } = options;
  let wake = Promise.withResolvers<void>();
  let failure: Error | null = null;
  let caughtUp = false;
  // The client reports a checkpoint before it hands over the events that precede it: valid only once those are drained.
  let searchedUpTo: LogPosition | null = null;
  const end = (error: Error) => {
    failure ??= error;
    wake.resolve();
  };

  const subscription = client.subscribeToAll(
    {
      fromPosition: from ?? START,
      filter: streamNameFilter({
        prefixes: [orderStreamPrefix],
        checkpointInterval,
        checkpointReached: async (_subscription, position) => {
          searchedUpTo = position;
          wake.resolve();
        },
      }),
    },
    { highWaterMark: batchMax },
  );
  subscription.on('readable', () => wake.resolve());
  subscription.on('caughtUp', () => {
    caughtUp = true;
    wake.resolve();
  });
  subscription.on('error', (error: Error) => end(error));
  for (const event of ['end', 'close'] as const) {
    subscription.on(event, () => end(new SubscriptionEndedError('the event store ended the subscription')));
  }
  const onAbort = () => wake.resolve();
  signal.addEventListener('abort', onAbort, { once: true });

  let position = from;
  let announced = false;
  let idled = false;
  try {
    while (!signal.aborted) {
      const batch: OrderEventBatch = { events: [], unreadable: [], position, caughtUp: false };
      let resolved = subscription.read();
      for (; resolved !== null; resolved = subscription.read()) {
        const recorded = decodeEvent(resolved);
        const { event } = resolved;
        if (recorded !== null) batch.events.push(recorded);
        else if (event) batch.unreadable.push({ stream: event.streamId, revision: event.revision, type: event.type });
        if (event) batch.position = event.position;
        if (batch.events.length + batch.unreadable.length >= batchMax) break;
      }
      const drained = resolved === null;
      if (drained && searchedUpTo !== null) {
        if (isLater(searchedUpTo, batch.position)) batch.position = searchedUpTo;
        searchedUpTo = null;
      }
      batch.caughtUp = drained && caughtUp;
      if (batch.position !== position || (batch.caughtUp && !announced) || (idled && failure === null)) {
        idled = false;
        position = batch.position;
        announced ||= batch.caughtUp;
        yield batch;
      } else if (failure !== null) {
        throw failure;
      } else {
        const idle = setTimeout(() => {
          idled = true;
          wake.resolve();
        }, idleMs);
        await wake.promise;
        clearTimeout(idle);
        wake = Promise.withResolvers<void>();
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // What still arrives is read and dropped: the client regards a stream that nobody reads as one that has not ended.
    subscription.removeAllListeners('readable').resume();
    // A subscription that failed cannot be cancelled any more, and need not be.
    await subscription.unsubscribe().catch(() => undefined);
  }
}

function isLater(a: LogPosition, b: LogPosition | null): boolean {
  if (b === null) return true;
  return a.commit > b.commit || (a.commit === b.commit && a.prepare > b.prepare);
}
