// Reads $all through the client, page by page, as a reader does that cannot rely on one connection.
import { setTimeout as sleep } from 'node:timers/promises';
import { type EventStoreDBClient, START } from '@eventstore/db-client';
import { withinMs } from '@orders/order-store/deadline';
import { type LoggedEvent, positionAt, toLoggedEvent } from './history.ts';

const pageEvents = 1_000;
const pageWithinMs = 30_000;
/** The first calls after a restart may fail: the client notices only then that its connection is gone. */
const triesMax = 100;
const pauseMs = 20;

/** Calls `onEvent` with the event at `from` and every later one, up to the end of the log; from its start without. */
export async function readLog(
  client: EventStoreDBClient,
  from: bigint | undefined,
  onEvent: (event: LoggedEvent) => void,
): Promise<void> {
  let last: bigint | undefined;
  for (;;) {
    const page = await readPage(client, last ?? from);
    // A page begins with the event that the page before it ended with.
    for (const event of page.slice(last !== undefined && page[0]?.position === last ? 1 : 0)) onEvent(event);
    if (page.length < pageEvents) return;
    last = page.at(-1)?.position;
  }
}

async function readPage(client: EventStoreDBClient, from: bigint | undefined): Promise<LoggedEvent[]> {
  const fromPosition = from === undefined ? START : positionAt(from);
  for (let tries = 1; ; tries += 1) {
    try {
      return await withinMs(pageWithinMs, collect(client.readAll({ fromPosition, maxCount: pageEvents })));
    } catch (error) {
      if (tries === triesMax) throw error;
      await sleep(pauseMs);
    }
  }
}

async function collect(events: ReturnType<EventStoreDBClient['readAll']>): Promise<LoggedEvent[]> {
  const page: LoggedEvent[] = [];
  for await (const { event } of events) if (event !== undefined) page.push(toLoggedEvent(event));
  return page;
}
