// A subscriber to $all as a thread of its own. It lives through every restart: each time it goes on after the last
// event that it was shown.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { START } from '@eventstore/db-client';
import { openEventStore } from '@orders/order-store/open-event-store';
import { type LoggedEvent, positionAt, toLoggedEvent } from './history.ts';
import type { SubscriberMessage, SubscriberSettings } from './load.ts';

const pauseMs = 10;

const { url } = workerData as SubscriberSettings;
const post = (message: SubscriberMessage) => parentPort?.postMessage(message);
const connection = openEventStore({ url, log: { warn: () => {} }, onStop: () => {} });
let shown: LoggedEvent[] = [];
let last: bigint | undefined;

function handOver(): void {
  post({ kind: 'shown', events: shown });
  shown = [];
}

async function follow(): Promise<void> {
  const fromPosition = last === undefined ? START : positionAt(last);
  for await (const { event } of connection.client().subscribeToAll({ fromPosition })) {
    if (event === undefined) continue;
    const found = toLoggedEvent(event);
    last = found.position;
    // One message for what arrives in the same turn.
    if (shown.push(found) === 1) setImmediate(handOver);
  }
}

for (;;) {
  // Every end of the subscription, clean or not, is a reason to subscribe again. The thread is ended from outside.
  await follow().catch(() => undefined);
  await sleep(pauseMs);
}
