// Sending an append again, beyond the rows of the conformance checklist.
import { NO_STREAM, STREAM_EXISTS } from '@eventstore/db-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  appendModes,
  freshStream,
  type RunningStore,
  readEvents,
  someEvents,
  startRunningStore,
} from './running-store.ts';

let running: RunningStore;
beforeAll(async () => {
  running = await startRunningStore();
});
afterAll(() => running.stop());

const lengthOf = async (stream: string) => (await readEvents(running.client, stream)).length;

it.each(appendModes)('a $mode append with stream_exists recognises a repeat', async ({ options }) => {
  const stream = freshStream();
  const events = someEvents(2);
  await running.client.appendToStream(stream, events, { ...options, expectedRevision: NO_STREAM });
  const again = { ...options, expectedRevision: STREAM_EXISTS } as const;
  const [e0] = events;
  expect(await running.client.appendToStream(stream, e0 ? [e0] : [], again)).toMatchObject({
    nextExpectedRevision: 0n,
  });
  expect(await lengthOf(stream)).toBe(2);
});

it('recognises a repeat that races its original', async () => {
  const stream = freshStream();
  const events = someEvents(2);
  const twins = Array.from({ length: 10 }, () =>
    running.client.appendToStream(stream, events, { expectedRevision: NO_STREAM }),
  );
  const [first, ...others] = await Promise.all(twins);
  for (const other of others) expect(other).toEqual(first);
  expect(await lengthOf(stream)).toBe(2);
});
