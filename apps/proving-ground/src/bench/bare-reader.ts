// The reference of the replay bench: the client of the event store in a loop that does nothing, once over the log.
// Started as a process by the bench, with the connection string, the way to read and the number of events.
import { START, streamNameFilter } from '@eventstore/db-client';
import { openEventStore } from '@orders/order-store/open-event-store';
import { orderStreamPrefix } from '@orders/order-store/order-store';

const [url = '', way, wanted] = process.argv.slice(2);
const maxCount = Number(wanted);
const log = { warn: () => undefined };
const connection = openEventStore({ url, log, onStop: () => undefined });
const client = connection.client();

let position: bigint | undefined;

async function readAll(): Promise<number> {
  let events = 0;
  for await (const { event } of client.readAll({ maxCount })) {
    events += 1;
    if (events === maxCount) position = event?.position?.commit;
  }
  return events;
}

async function subscribe(): Promise<number> {
  const filter = streamNameFilter({ prefixes: [orderStreamPrefix] });
  const subscription = client.subscribeToAll({ fromPosition: START, filter });
  let events = 0;
  for await (const _event of subscription) {
    events += 1;
    if (events >= maxCount) break;
  }
  return events;
}

const startMs = performance.now();
const events = await (way === 'subscribeToAll' ? subscribe() : readAll());
const seconds = (performance.now() - startMs) / 1_000;
process.stdout.write(`${JSON.stringify({ events, seconds, ...(position && { position: String(position) }) })}\n`);
await connection.close();
