// How far a reader is behind the log. The event store counts no events between two positions, so they are counted here:
// exactly while they are few, in proportion to the positions when they are many.
import { BACKWARDS, END, type EventStoreDBClient } from '@eventstore/db-client';
import { withinMs } from './deadline.ts';
import { allOrders, inShard, type OrderShard } from './order-shard.ts';
import { type LogPosition, orderStreamPrefix } from './order-store.ts';

export type LogLag = {
  /** Order events of the shard after the position. */
  events: number;
  /** How long ago the oldest of them that was looked at was recorded, in seconds; 0 when there is none. */
  seconds: number;
};

// A reader at the end of the log costs one event, one that is a batch behind a few: only real lag is worth a long look.
const looks = [1, 32, 1_000];
const answerWithinMs = 5_000;

type Reader = { client: EventStoreDBClient; reached: LogPosition | null; shard?: OrderShard };

/** Rejects when the event store does not answer within 5 s. */
export function measureLag(reader: Reader, now: Date): Promise<LogLag> {
  return withinMs(answerWithinMs, countAfter(reader, now));
}

type Seen = { at: bigint; isOrder: boolean; recordedAt: Date };

async function countAfter({ client, reached: position, shard = allOrders }: Reader, now: Date): Promise<LogLag> {
  const reached = position?.commit ?? 0n;
  let behind: Seen[] = [];
  let complete = false;
  for (const look of looks) {
    const newest = await readNewest(client, shard, look);
    behind = newest.filter(({ at }) => at > reached);
    complete = newest.length < look || behind.length < newest.length;
    if (complete) break;
  }
  const orders = behind.filter(({ isOrder }) => isOrder);
  const oldest = orders.at(-1)?.recordedAt ?? now;
  const seconds = Math.max(0, (now.getTime() - oldest.getTime()) / 1_000);
  const [first, last] = [behind[0], behind.at(-1)];
  if (complete || first === undefined || last === undefined || first.at === last.at) {
    return { events: orders.length, seconds };
  }
  const share = Number(first.at - reached) / Number(first.at - last.at);
  return { events: Math.round(orders.length * share), seconds };
}

async function readNewest(client: EventStoreDBClient, shard: OrderShard, maxCount: number): Promise<Seen[]> {
  const read = await Array.fromAsync(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount }));
  return read.flatMap(({ event }) => {
    if (event?.position === undefined) return [];
    const isOrder = event.streamId.startsWith(orderStreamPrefix) && inShard(event.streamId, shard);
    return [{ at: event.position.commit, isOrder, recordedAt: event.created }];
  });
}
