// What the event routes need of the event store, as functions, so that they run on any log that has them. A place is
// the position of an event in the log as the API tells it: one whole number, and 0 for the start.
import type { EventStoreConnection } from '@orders/order-store/event-store-connection';
import { readLogPage } from '@orders/order-store/log-page';
import { placeInTime } from '@orders/order-store/log-position';
import type { LogPosition, RecordedOrderEvent } from '@orders/order-store/order-store';
import { type OrderEventBatch, orderEventBatches } from '@orders/order-store/order-subscription';
import { readLogEnd } from '@orders/order-store/store-identity';

/** A position in the log; 0 is the start, before every event. */
export type Place = bigint;

export const logStart: Place = 0n;

export const placeOf = (position: LogPosition | null): Place => position?.commit ?? logStart;

export type EventPage = {
  events: RecordedOrderEvent[];
  /** The last event that was looked at, of orders or not. */
  reached: Place;
  /** Whether the log held nothing after that. */
  atEnd: boolean;
};

/** `from` is exclusive. Rejects with `NoSuchPositionError` for a place where no event can stand. */
export type ReadPage = (from: Place, eventsMax: number) => Promise<EventPage>;

export type EventSources = {
  readPage: ReadPage;
  readEnd: () => Promise<Place>;
  /** A place before every event from `time` on, found by looking at no more than some ten thousand events. */
  placeBefore: (time: Date) => Promise<Place>;
  /** Every order event after the position. Ends by throwing, or by the signal. */
  subscribe: (from: LogPosition | null, signal: AbortSignal) => AsyncIterable<OrderEventBatch>;
  /** Told why a subscription ended, so that a client that cannot recover by itself is replaced before the next one. */
  onSubscriptionEnded: (error: unknown) => void;
};

// Further back, the whole log is read from its start: that takes longer, but no longer than finding the place would.
const lookBackMax = 20_000;

// A single event is handed on at once. In a busy second, each batch costs a write to every open stream: with more of
// them, hundreds of streams would take from placing orders what nobody could see.
const batchEveryMs = 50;
const batchMax = 512;
const idleMs = 60_000;

export function eventStoreSources(connection: EventStoreConnection): EventSources {
  const observed = async <Result>(read: () => Promise<Result>): Promise<Result> => {
    const begunAtMs = performance.now();
    const client = connection.client();
    try {
      const result = await read();
      // A client that is replaced ends its reads as if there was nothing more.
      if (client !== connection.client()) throw new Error('the client of the event store was replaced during a read');
      connection.answered();
      return result;
    } catch (error) {
      connection.failed(error, begunAtMs);
      throw error;
    }
  };

  return {
    async readPage(from, eventsMax) {
      const { events, reached, atEnd } = await readLogPage(connection, { from: positionAt(from), eventsMax });
      return { events, reached: placeOf(reached), atEnd };
    },
    readEnd: () => observed(async () => placeOf(await readLogEnd(connection.client()))),
    placeBefore: (time) =>
      observed(async () => {
        const found = await placeInTime(connection.client(), time, lookBackMax);
        return found.kind === 'found' ? placeOf(found.before) : logStart;
      }),
    subscribe: (from, signal) =>
      orderEventBatches({ client: connection.client(), from, batchMax, idleMs, everyMs: batchEveryMs, signal }),
    onSubscriptionEnded: connection.failed,
  };
}

/** Only the explicit transactions of old had events whose two positions differ. */
export const positionAt = (place: Place): LogPosition | null =>
  place === logStart ? null : { commit: place, prepare: place };
