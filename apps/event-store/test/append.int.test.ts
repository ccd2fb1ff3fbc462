// Appending, beyond the rows of the conformance checklist.
import {
  ANY,
  type AppendExpectedRevision,
  type EventData,
  jsonEvent,
  NO_STREAM,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

describe.each(appendModes)('$mode append', ({ options }) => {
  const append = (stream: string, events: EventData[], expectedRevision: AppendExpectedRevision = ANY) =>
    running.client.appendToStream(stream, events, { ...options, expectedRevision });

  it('shows a revision beyond 2^53 as it was sent when it refuses it', async () => {
    const stream = freshStream();
    await append(stream, someEvents(1));
    const expectedVersion = 2n ** 62n + 1n;
    const refused = append(stream, someEvents(1), expectedVersion);
    const versions = { expectedVersion, actualVersion: 0n };
    await expect(refused).rejects.toMatchObject({ constructor: WrongExpectedVersionError, ...versions });
  });

  it('refuses the nil UUID and goes on', async () => {
    const stream = freshStream();
    const nil = jsonEvent({ id: '00000000-0000-0000-0000-000000000000', type: 'Happened', data: {} });
    await expect(append(stream, [nil])).rejects.toThrow(UnknownError);
    expect(await append(stream, someEvents(1), NO_STREAM)).toMatchObject({ success: true });
  });

  it('keeps names apart that differ in anything', async () => {
    const stream = freshStream();
    const names = [stream, `${stream} `, stream.toUpperCase(), `${stream}-ż`, `${stream}\0`];
    for (const name of names) await append(name, [jsonEvent({ type: 'Named', data: { name } })], NO_STREAM);
    for (const name of names) {
      const events = await readEvents(running.client, name);
      expect(events.map(({ data, streamId }) => [data, streamId])).toEqual([[{ name }, name]]);
    }
  });
});
