// The order store on EventStoreDB, embedded or real. Only the leader of a cluster is asked: a follower may lag behind
// what a conflict has just told of, or what a client was just told is stored.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type EventStoreDBClient,
  FORWARDS,
  NO_STREAM,
  NotLeaderError,
  START,
  StreamNotFoundError,
} from '@eventstore/db-client';
import { foldOrder } from '@orders/domain/order';
import pLimit from 'p-limit';
import { type AppendLimits, appendUntilKnown } from './append-retry.ts';
import { withinMs } from './deadline.ts';
import { decodeEvent, encodeEvents } from './event-codec.ts';
import type { EventStoreConnection } from './event-store-connection.ts';
import {
  type Append,
  AppendError,
  type AppendResult,
  type LoadedOrder,
  type OrderStore,
  orderStream,
  type RecordedOrderEvent,
} from './order-store.ts';

// One batch stream carries all appends of a process; beyond some hundreds in flight it only gets slower.
const appendsInFlightMax = 512;
// Waiting appends cost memory and finish late: beyond this many, saying no at once is the better answer.
const appendsWaitingMax = 8_192;
// An order has a handful of events; one that an exchange turns away for days, some ten thousands.
const historyMax = 50_000;
const readRoundsMax = 8;
// By then the client has turned to the leader that the follower named.
const newLeaderPauseMs = 25;

/** More appends wait than could be stored in time; this one was not sent. */
export class TooManyAppendsError extends AppendError {
  constructor() {
    super('not-stored', 'too many appends are waiting');
  }
}

type Options = { connection: EventStoreConnection; limits: AppendLimits };

export function eventStoreOrderStore({ connection, limits }: Options): OrderStore {
  const slots = pLimit(appendsInFlightMax);

  async function append(append: Append): Promise<AppendResult> {
    if (slots.pendingCount >= appendsWaitingMax) throw new TooManyAppendsError();
    const startBy = performance.now() + limits.budgetMs;
    const events = encodeEvents(append);
    const { orderId, expectedRevision } = append;
    const options = {
      expectedRevision: expectedRevision === 'no_stream' ? NO_STREAM : expectedRevision,
      requiresLeader: true,
    } as const;
    const send = () => connection.client().appendToStream(orderStream(orderId), events, options);
    return slots(() => {
      const budgetMs = startBy - performance.now();
      if (budgetMs <= 0) throw new AppendError('not-stored', 'the time was used up in the queue of appends');
      return appendUntilKnown(send, { ...limits, budgetMs }, connection);
    });
  }

  async function load(orderId: string): Promise<LoadedOrder> {
    const begunAtMs = performance.now();
    try {
      const history = await withinMs(limits.budgetMs, readWhole(orderId));
      connection.answered();
      const order = foldOrder(history.map(({ event }) => event));
      return { order, revision: history.at(-1)?.revision ?? 'no_stream', history };
    } catch (error) {
      connection.failed(error, begunAtMs);
      throw error;
    }
  }

  // A client that is replaced ends its reads as if the stream ended there.
  async function readWhole(orderId: string): Promise<RecordedOrderEvent[]> {
    for (let round = 0; round < readRoundsMax; round += 1) {
      const client = connection.client();
      const history = await readHistory(client, orderId).catch((error: unknown) => {
        if (error instanceof NotLeaderError) return null;
        throw error;
      });
      if (history === null) await sleep(newLeaderPauseMs);
      else if (client === connection.client()) return history;
    }
    throw new Error('the client of the event store was replaced, or asked a follower, during every read');
  }

  return { append, load };
}

async function readHistory(client: EventStoreDBClient, orderId: string): Promise<RecordedOrderEvent[]> {
  const options = {
    fromRevision: START,
    direction: FORWARDS,
    maxCount: historyMax + 1,
    requiresLeader: true,
  } as const;
  try {
    // Read to its end, then judged: the client does not let go of a read that is left early.
    const stream = await Array.fromAsync(client.readStream(orderStream(orderId), options));
    if (stream.length > historyMax) throw new Error(`${orderStream(orderId)} holds more than ${historyMax} events`);
    return stream.map(decodeEvent).map((recorded) => {
      // A decision on half a history could place an order twice: better none, and an error that a person sees.
      if (recorded === null) throw new Error(`${orderStream(orderId)} holds an event that this version cannot read`);
      return recorded;
    });
  } catch (error) {
    if (error instanceof StreamNotFoundError) return [];
    throw error;
  }
}
