// Sending an append again: the same event objects, under the same ids, over either call.
import {
  ANY,
  type AppendExpectedRevision,
  type EventData,
  NO_STREAM,
  STREAM_EXISTS,
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

const lengthOf = async (stream: string) => (await readEvents(running.client, stream)).length;

describe.each(appendModes)('$mode append', ({ options }) => {
  const append = (stream: string, events: EventData[], expectedRevision: AppendExpectedRevision) =>
    running.client.appendToStream(stream, events, { ...options, expectedRevision });
  const expectConflict = (
    stream: string,
    events: EventData[],
    expectedRevision: AppendExpectedRevision,
    actual: bigint,
  ) =>
    expect(append(stream, events, expectedRevision)).rejects.toMatchObject({
      constructor: WrongExpectedVersionError,
      actualVersion: actual,
    });

  it.each([NO_STREAM, ANY] as const)(
    'of one event with %s is answered twice and stored once',
    async (expectedRevision) => {
      const stream = freshStream();
      const events = someEvents(1);
      const first = await append(stream, events, expectedRevision);
      expect(first.nextExpectedRevision).toBe(0n);
      expect(await append(stream, events, expectedRevision)).toEqual(first);
      expect(await lengthOf(stream)).toBe(1);
    },
  );

  it('answers with the end of the retry when the stream went on', async () => {
    const stream = freshStream();
    const events = someEvents(2);
    const first = await append(stream, events, NO_STREAM);
    await append(stream, someEvents(8), 1n);
    expect(await append(stream, events, NO_STREAM)).toEqual(first);
    expect(await lengthOf(stream)).toBe(10);
  });

  it('recognises a part of what was appended', async () => {
    const stream = freshStream();
    const [e0, e1] = someEvents(2) as [EventData, EventData];
    await append(stream, [e0, e1], NO_STREAM);
    expect(await append(stream, [e0], NO_STREAM)).toMatchObject({ nextExpectedRevision: 0n });
    expect(await append(stream, [e1], 0n)).toMatchObject({ nextExpectedRevision: 1n });
    expect(await append(stream, [e1], ANY)).toMatchObject({ nextExpectedRevision: 1n });
    expect(await append(stream, [e0], ANY)).toMatchObject({ nextExpectedRevision: 0n });
    expect(await append(stream, [e0], STREAM_EXISTS)).toMatchObject({ nextExpectedRevision: 0n });
    expect(await lengthOf(stream)).toBe(2);
  });

  it('refuses a repeat that brings something new as well', async () => {
    const stream = freshStream();
    const events = someEvents(2);
    await append(stream, events, NO_STREAM);
    await expectConflict(stream, [...events, ...someEvents(1)], NO_STREAM, 1n);
    await expectConflict(stream, [...events, ...someEvents(1)], ANY, 1n);
  });

  it('takes known ids after an unknown one as new events', async () => {
    const stream = freshStream();
    const events = someEvents(1);
    await append(stream, events, ANY);
    expect(await append(stream, [...someEvents(1), ...events], ANY)).toMatchObject({ nextExpectedRevision: 2n });
    expect(await lengthOf(stream)).toBe(3);
  });

  it('asks for the place of an event, not only for its id', async () => {
    const stream = freshStream();
    const events = someEvents(6);
    for (const [number, event] of events.entries())
      await append(stream, [event], number === 0 ? NO_STREAM : BigInt(number - 1));
    const e0 = events.slice(0, 1);
    await expectConflict(stream, e0, 4n, 5n);
    await expectConflict(stream, e0, 6n, 5n);
    // At the exact revision no id is compared: the writer means a second event.
    expect(await append(stream, e0, 5n)).toMatchObject({ nextExpectedRevision: 6n });
  });

  it('remembers four events with any', async () => {
    const stream = freshStream();
    const events = someEvents(4);
    expect(await append(stream, events, ANY)).toMatchObject({ nextExpectedRevision: 3n });
    expect(await append(stream, events, ANY)).toMatchObject({ nextExpectedRevision: 3n });
    expect(await lengthOf(stream)).toBe(4);
  });

  it.each([
    [ANY, 0n],
    [NO_STREAM, 2n],
  ] as const)('stores one id three times in one request with %s', async (expectedRevision, again) => {
    const stream = freshStream();
    const [x] = someEvents(1) as [EventData];
    expect(await append(stream, [x, x, x], expectedRevision)).toMatchObject({ nextExpectedRevision: 2n });
    expect(await append(stream, [x, x, x], expectedRevision)).toMatchObject({ nextExpectedRevision: again });
    expect(await lengthOf(stream)).toBe(3);
  });

  it('takes the same id into another stream', async () => {
    const events = someEvents(1);
    const other = freshStream();
    await append(freshStream(), events, ANY);
    expect(await append(other, events, ANY)).toMatchObject({ nextExpectedRevision: 0n });
    expect(await lengthOf(other)).toBe(1);
  });
});

it('recognises over one call what came over the other', async () => {
  const stream = freshStream();
  const events = someEvents(2);
  const [batch, unary] = appendModes;
  const expectedRevision = NO_STREAM;
  const first = await running.client.appendToStream(stream, events, { ...batch.options, expectedRevision });
  expect(await running.client.appendToStream(stream, events, { ...unary.options, expectedRevision })).toEqual(first);
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
