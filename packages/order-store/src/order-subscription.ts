// Every order event in the order of the log, in micro-batches. A batch is what arrived while the last one was worked
// on, and for a moment longer when that went fast: batches grow under load and add little delay without it. The
// generator ends only by throwing or by its signal: an end of the subscription, clean or not, is a reason to subscribe
// again.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  type EventStoreDBClient,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import { decodeEvent } from './event-codec.ts';
import { allOrders, type OrderShard, shardStreams } from './order-shard.ts';
import { isLater, type LogPosition, type RecordedOrderEvent } from './order-store.ts';

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
  /** Whose events; of all orders, unless stated. */
  shard?: OrderShard;
  batchMax: number;
  /**
   * An empty batch is handed over when nothing came for this long, so that the consumer can look after its own state.
   */
  idleMs: number;
  /**
   * A batch is handed over no sooner than this after the last one, unless that was full: many small batches cost much
   * more than few larger ones.
   */
  everyMs?: number;
  signal: AbortSignal;
};

// In units of 32 events of the whole log: how often the server says how far it has looked without finding order events.
const checkpointInterval = 32;

export class SubscriptionEndedError extends Error {
  override readonly name = 'SubscriptionEndedError';
}

export async function* orderEventBatches(options: SubscribeOptions): AsyncGenerator<OrderEventBatch, void, void> {
  const { from, batchMax, idleMs, everyMs = 0, signal } = options;
  const { subscription, heard, news, wake } = subscribe(options);
  signal.addEventListener('abort', wake, { once: true });
  let position = from;
  let announced = false;
  let idle = false;
  try {
    while (!signal.aborted) {
      const batch = takeBatch(subscription, heard, { position, batchMax });
      if (batch.position !== position || (batch.caughtUp && !announced) || (idle && heard.failure === null)) {
        idle = false;
        position = batch.position;
        announced ||= batch.caughtUp;
        const begunAtMs = performance.now();
        yield batch;
        const restMs = everyMs - (performance.now() - begunAtMs);
        if (restMs > 0 && batch.events.length > 0 && batch.events.length < batchMax)
          await sleep(restMs, undefined, { signal }).catch(() => undefined);
      } else if (heard.failure !== null) {
        throw heard.failure;
      } else {
        idle = (await news(idleMs)) === 'none';
      }
    }
  } finally {
    signal.removeEventListener('abort', wake);
    // What still arrives is read and dropped: the client regards a stream that nobody reads as one that has not ended.
    subscription.removeAllListeners('readable').resume();
    // A subscription that failed cannot be cancelled any more, and need not be.
    await subscription.unsubscribe().catch(() => undefined);
  }
}

/** What the client told of, beside events. */
type Heard = {
  failure: Error | null;
  caughtUp: boolean;
  /** Reported before the events that precede it are handed over: valid only once those are drained. */
  searchedUpTo: LogPosition | null;
};

function subscribe({ client, from, shard = allOrders, batchMax }: SubscribeOptions) {
  const heard: Heard = { failure: null, caughtUp: false, searchedUpTo: null };
  let bell = Promise.withResolvers<'some' | 'none'>();
  const wake = () => bell.resolve('some');
  const fail = (error: Error) => {
    heard.failure ??= error;
    wake();
  };
  const checkpointReached = async (_subscription: unknown, position: LogPosition) => {
    heard.searchedUpTo = position;
    wake();
  };
  const streams = shardStreams(shard);
  const search = { checkpointInterval, checkpointReached };
  const filter =
    'regex' in streams ? streamNameFilter({ ...streams, ...search }) : streamNameFilter({ ...streams, ...search });
  const subscription = client.subscribeToAll({ fromPosition: from ?? START, filter }, { highWaterMark: batchMax });
  subscription.on('readable', wake);
  subscription.on('caughtUp', () => {
    heard.caughtUp = true;
    wake();
  });
  subscription.on('error', fail);
  const ended = () => fail(new SubscriptionEndedError('the event store ended the subscription'));
  subscription.on('end', ended);
  subscription.on('close', ended);

  /** Resolves at once for what was heard since the last call. */
  async function news(withinMs: number): Promise<'some' | 'none'> {
    const timer = setTimeout(() => bell.resolve('none'), withinMs);
    const rung = await bell.promise;
    clearTimeout(timer);
    bell = Promise.withResolvers();
    return rung;
  }

  return { subscription, heard, news, wake };
}

type BatchStart = { position: LogPosition | null; batchMax: number };

/** Whatever has arrived by now; an empty batch with the same position when that is nothing. */
function takeBatch(
  subscription: AllStreamSubscription,
  heard: Heard,
  { position, batchMax }: BatchStart,
): OrderEventBatch {
  const batch: OrderEventBatch = { events: [], unreadable: [], position, caughtUp: false };
  while (batch.events.length + batch.unreadable.length < batchMax) {
    const resolved: AllStreamResolvedEvent | null = subscription.read();
    if (resolved === null) {
      if (heard.searchedUpTo !== null && isLater(heard.searchedUpTo, batch.position))
        batch.position = heard.searchedUpTo;
      heard.searchedUpTo = null;
      batch.caughtUp = heard.caughtUp;
      break;
    }
    const { event } = resolved;
    if (event === undefined) continue;
    const recorded = decodeEvent(resolved);
    if (recorded !== null) batch.events.push(recorded);
    else batch.unreadable.push({ stream: event.streamId, revision: event.revision, type: event.type });
    batch.position = event.position;
  }
  return batch;
}
