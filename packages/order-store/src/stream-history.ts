// The past of the log for a reader that lets go of each event at once. Pages, as others read them, keep a thousand
// events alive while the next thousand arrive, and moving those around in memory costs more than making lines of
// them.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AllStreamResolvedEvent, type EventStoreDBClient, FORWARDS, START } from '@eventstore/db-client';
import { withinMs } from './deadline.ts';
import { decodeEvent } from './event-codec.ts';
import { isLater, type LogPosition, orderStreamPrefix, type RecordedOrderEvent } from './order-store.ts';

export type HistoryBatch = {
  /** In the order of the log. */
  events: RecordedOrderEvent[];
  /** Those in order streams that this version cannot read. */
  unreadable: { revision: bigint; type: string }[];
  /** The last event, of whatever stream, that was looked at. */
  position: LogPosition | null;
};

type HistoryRange = {
  client: EventStoreDBClient;
  /** Exclusive; `null` for the start of the log. */
  from: LogPosition | null;
  /** An event stands there: a log that ends before it was cut short. */
  to: LogPosition;
  /** Whether to go on to the end that the log has by then. */
  beyond: boolean;
};

const waitingMax = 1_000;
const answerWithinMs = 30_000;

/**
 * Throws what the client throws, and `NoAnswerError` when nothing comes for 30 s. Where events follow that are not
 * wanted, the read is left early, and the client does not let go of it until it is disposed of.
 */
export async function* streamHistory({ client, from, to, beyond }: HistoryRange): AsyncGenerator<HistoryBatch> {
  const read = client.readAll({ direction: FORWARDS, fromPosition: from ?? START });
  let batch: HistoryBatch = { events: [], unreadable: [], position: from };
  let waiting = 0;
  let bell = Promise.withResolvers<void>();
  let end: { error: Error | null } | null = null;
  const ended = (error: Error | null) => {
    end ??= { error };
    bell.resolve();
  };
  read
    .on('data', (entry: AllStreamResolvedEvent) => {
      if (!beyond && entry.event?.position !== undefined && isLater(entry.event.position, to)) {
        read.pause();
        ended(null);
        return;
      }
      if (end !== null || !take(entry, batch)) return;
      waiting += 1;
      if (waiting === 1) bell.resolve();
      if (waiting >= waitingMax) read.pause();
    })
    .once('error', ended)
    .once('end', () => ended(null))
    .once('close', () => ended(new Error('the read was closed before its end')));
  // What is told by the callbacks above is not seen by the compiler.
  const endOf = () => end as { error: Error | null } | null;
  for (;;) {
    if (waiting === 0) {
      const known = endOf();
      if (known !== null && known.error !== null) throw known.error;
      if (known !== null && isLater(to, batch.position)) throw new Error(`the log ended before position ${to.commit}`);
      if (known !== null) return;
      await withinMs(answerWithinMs, bell.promise);
    }
    // All that arrives in this turn comes along: a batch of a few events costs nearly as much as one of a hundred.
    await nextTurn();
    bell = Promise.withResolvers();
    if (waiting === 0) continue;
    const taken = batch;
    batch = { events: [], unreadable: [], position: taken.position };
    waiting = 0;
    if (endOf() === null) read.resume();
    yield taken;
  }
}

/** Whether the event is one that the batch has not had. */
function take(entry: AllStreamResolvedEvent, batch: HistoryBatch): boolean {
  const { event } = entry;
  // A read begins with the event at its position, which was handed over before.
  if (event?.position === undefined || !isLater(event.position, batch.position)) return false;
  batch.position = event.position;
  if (!event.streamId.startsWith(orderStreamPrefix)) return true;
  const recorded = decodeEvent(entry);
  if (recorded !== null) batch.events.push(recorded);
  else batch.unreadable.push({ revision: event.revision, type: event.type });
  return true;
}
