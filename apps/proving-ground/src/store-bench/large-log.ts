// A log of many events, written in this process: over the wire it would take minutes.
import { randomUUID } from 'node:crypto';
import { openStore } from '@orders/event-store/storage/store';
import { newStream, orderPlaced } from './orders.ts';

const eventsPerStream = 4;
const streamsAtOnce = 250;

export async function writeLargeLog(dataFolder: string, events: number): Promise<void> {
  const store = openStore(dataFolder);
  for (let written = 0; written < events; written += streamsAtOnce * eventsPerStream) {
    await Promise.all(Array.from({ length: streamsAtOnce }, () => store.write({ kind: 'append', ...newOrder() })));
  }
  await store.close();
}

const newOrder = () => ({
  stream: newStream(),
  expected: 'no_stream' as const,
  events: Array.from({ length: eventsPerStream }, stored),
});

function stored() {
  const { type, data, metadata } = orderPlaced();
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  return { id: randomUUID(), type, isJson: true, data: bytes(data), metadata: bytes(metadata) };
}

/** Milliseconds until the log is open, in this process. */
export async function timeOpening(dataFolder: string): Promise<number> {
  const started = performance.now();
  const store = openStore(dataFolder);
  const opened = performance.now() - started;
  await store.close();
  return opened;
}
