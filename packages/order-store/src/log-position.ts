// Finds places in the log. A position is never made up: an event store need not accept one at which no event stands.
import { BACKWARDS, END, type EventStoreDBClient, FORWARDS } from '@eventstore/db-client';
import { withinMs } from './deadline.ts';
import type { LogPosition } from './order-store.ts';

const pageSize = 1_000;
const answerWithinMs = 30_000;

export type PlaceInTime =
  /** The last event that was recorded before the time; `null` when every event is younger. */
  | { kind: 'found'; before: LogPosition | null }
  /** Not within as many of the newest events as were to be looked at. */
  | { kind: 'further_back' };

/**
 * Looks backwards from the end, because nearly always what is asked for is young. Throws what the client throws, and
 * `NoAnswerError` when a page takes longer than 30 s.
 */
export async function placeInTime(
  client: EventStoreDBClient,
  time: Date,
  eventsMax = Number.POSITIVE_INFINITY,
): Promise<PlaceInTime> {
  let from: LogPosition | typeof END = END;
  for (let seen = 0; seen < eventsMax; seen += pageSize) {
    const maxCount = Math.min(pageSize, eventsMax - seen);
    const read = client.readAll({ direction: BACKWARDS, fromPosition: from, maxCount });
    const events = (await withinMs(answerWithinMs, Array.fromAsync(read))).flatMap(({ event }) => event ?? []);
    const before = events.find(({ created }) => created < time);
    if (before?.position !== undefined) return { kind: 'found', before: before.position };
    const oldest = events.at(-1)?.position;
    if (oldest === undefined) return { kind: 'found', before: null };
    from = oldest;
  }
  return { kind: 'further_back' };
}

/** Whether an event, of whatever stream, stands exactly there. */
export async function holdsEvent(client: EventStoreDBClient, position: LogPosition): Promise<boolean> {
  const read = client.readAll({ direction: FORWARDS, fromPosition: position, maxCount: 1 });
  const [first] = await withinMs(answerWithinMs, Array.fromAsync(read));
  return first?.event?.position?.commit === position.commit;
}
