// How far a reader is behind the log. The event store counts no events between two positions, so they are counted here:
// exactly while they are few, in proportion to the positions when they are many.
import { BACKWARDS, END, type EventStoreDBClient } from '@eventstore/db-client';
import { withinMs } from './deadline.ts';
import { type LogPosition, orderStreamPrefix } from './order-store.ts';

export type LogLag = {
  /** Order events after the position. */
  events: number;
  /** How long ago the oldest of them that was looked at was recorded, in seconds; 0 when there is none. */
  seconds: number;
};

const eventsReadMax = 1_000;
const answerWithinMs = 5_000;

/** Rejects when the event store does not answer within 5 s. */
export function measureLag(client: EventStoreDBClient, reached: LogPosition | null, now: Date): Promise<LogLag> {
  return withinMs(answerWithinMs, countAfter(client, reached?.commit ?? 0n, now));
}

async function countAfter(client: EventStoreDBClient, reached: bigint, now: Date): Promise<LogLag> {
  let events = 0;
  let looked = 0;
  let newest: bigint | null = null;
  let oldest = reached;
  let oldestRecordedAt = now;
  for await (const { event } of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: eventsReadMax })) {
    if (event?.position === undefined) continue;
    if (event.position.commit <= reached) break;
    looked += 1;
    newest ??= event.position.commit;
    oldest = event.position.commit;
    if (!event.streamId.startsWith(orderStreamPrefix)) continue;
    events += 1;
    oldestRecordedAt = event.created;
  }
  const seconds = events === 0 ? 0 : Math.max(0, (now.getTime() - oldestRecordedAt.getTime()) / 1_000);
  if (looked < eventsReadMax || newest === null || newest === oldest) return { events, seconds };
  const share = Number(newest - reached) / Number(newest - oldest);
  return { events: Math.round(events * share), seconds };
}
