// Checkpoints of filtered subscriptions, beyond the rows of the conformance checklist.
import { randomUUID } from 'node:crypto';
import { type Position, streamNameFilter } from '@eventstore/db-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caughtUp, checkpointRecorder, following, type Heard } from './followed.ts';
import { type RunningStore, someEvents, startRunningStore } from './running-store.ts';

let running: RunningStore;
beforeAll(async () => {
  running = await startRunningStore();
});
afterAll(() => running.stop());

it('promise no more at the end of history than the last match that was sent', async () => {
  const append = (stream: string, count: number) => running.client.appendToStream(stream, someEvents(count));
  const name = randomUUID();
  const { position: marker } = await append('marker', 1);
  await append(name, 3);
  const { position: last } = await append(name, 1);
  await append('other', 5);
  const heard: Heard[] = [];
  const filter = streamNameFilter({ prefixes: [name], checkpointReached: checkpointRecorder(heard) });
  const followed = following(running.client.subscribeToAll({ fromPosition: marker as Position, filter }), heard);
  await caughtUp(followed);
  expect(followed.heard.slice(-2)).toEqual([{ checkpoint: last }, 'caughtUp']);
});
