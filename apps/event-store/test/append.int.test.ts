// Appending, over both calls that the client uses for it.
import { randomUUID } from 'node:crypto';
import {
  ANY,
  type AppendExpectedRevision,
  binaryEvent,
  type EventData,
  type JSONType,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  STREAM_EXISTS,
  StreamNotFoundError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appendModes,
  freshStream,
  type RunningStore,
  readEvents,
  revisionsOf,
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
  const refusal = (stream: string, expectedRevision: AppendExpectedRevision) =>
    append(stream, someEvents(1), expectedRevision).then(
      () => expect.fail('the append was accepted'),
      (error: unknown) => error,
    );

  it('creates a stream', async () => {
    const result = await append(freshStream(), someEvents(1), NO_STREAM);
    expect(result).toMatchObject({ success: true, nextExpectedRevision: 0n });
    expect(result.position?.commit).toBe(result.position?.prepare);
    expect(result.position?.commit).toBeGreaterThan(0n);
  });

  it('numbers the events of a stream on, and answers with the last one', async () => {
    const stream = freshStream();
    expect(await append(stream, someEvents(4))).toMatchObject({ nextExpectedRevision: 3n });
    const { nextExpectedRevision, position } = await append(stream, someEvents(4));
    expect(nextExpectedRevision).toBe(7n);
    expect((await readEvents(running.client, stream)).at(-1)).toMatchObject({ revision: 7n, position });
  });

  it.each<[string, number, AppendExpectedRevision, object]>([
    ['no_stream on an existing stream', 4, NO_STREAM, { expectedVersion: 'no_stream', actualVersion: 3n }],
    [
      'stream_exists on an absent stream',
      0,
      STREAM_EXISTS,
      { expectedVersion: STREAM_EXISTS, actualVersion: 'no_stream' },
    ],
    ['a revision on an absent stream', 0, 1n, { expectedVersion: 1n, actualVersion: 'no_stream' }],
    ['a revision that is too high', 4, 4n, { expectedVersion: 4n, actualVersion: 3n }],
    ['a revision that is too low', 4, 2n, { expectedVersion: 2n, actualVersion: 3n }],
    ['a revision beyond 2^53', 1, 2n ** 62n + 1n, { expectedVersion: 2n ** 62n + 1n, actualVersion: 0n }],
  ])('refuses %s and writes nothing', async (_name, existing, expectedRevision, versions) => {
    const stream = freshStream();
    if (existing > 0) await append(stream, someEvents(existing));
    const error = await refusal(stream, expectedRevision);
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, ...versions });
    const events = await readEvents(running.client, stream).catch((missing: unknown) => {
      expect(missing).toBeInstanceOf(StreamNotFoundError);
      return [];
    });
    expect(events).toHaveLength(existing);
  });

  it('takes stream_exists and the exact revision of an existing stream', async () => {
    const stream = freshStream();
    await append(stream, someEvents(1), NO_STREAM);
    expect(await append(stream, someEvents(1), STREAM_EXISTS)).toMatchObject({ nextExpectedRevision: 1n });
    expect(await append(stream, someEvents(1), 1n)).toMatchObject({ nextExpectedRevision: 2n });
  });

  it('counts a stream with nothing but metadata as existing', async () => {
    const stream = freshStream();
    await running.client.setStreamMetadata(stream, { maxCount: 5 });
    expect(await append(stream, someEvents(1), STREAM_EXISTS)).toMatchObject({ nextExpectedRevision: 0n });
  });

  it('lets one of 20 rivals create a stream', async () => {
    const stream = freshStream();
    const rivals = await Promise.allSettled(Array.from({ length: 20 }, () => append(stream, someEvents(1), NO_STREAM)));
    const losers = rivals.filter(({ status }) => status === 'rejected');
    expect(losers).toHaveLength(19);
    for (const loser of losers) expect(loser).toMatchObject({ reason: expect.any(WrongExpectedVersionError) });
    expect(await readEvents(running.client, stream)).toHaveLength(1);
  });

  it('takes 50 appends at a time, in one order', async () => {
    const stream = freshStream();
    const results = await Promise.all(Array.from({ length: 50 }, () => append(stream, someEvents(1))));
    const byRevision = results.toSorted((a, b) => Number(a.nextExpectedRevision - b.nextExpectedRevision));
    expect(byRevision.map(({ nextExpectedRevision }) => Number(nextExpectedRevision))).toEqual([...Array(50).keys()]);
    const positions = byRevision.map(({ position }) => Number(position?.commit));
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(new Set(positions)).toHaveProperty('size', 50);
  });

  it('takes an append without events, which leaves an absent stream absent', async () => {
    const stream = freshStream();
    expect(await append(stream, [])).toMatchObject({ success: true, nextExpectedRevision: 0n });
    await expect(readEvents(running.client, stream)).rejects.toThrow(StreamNotFoundError);
  });

  it('checks the revision of an append without events', async () => {
    const stream = freshStream();
    await append(stream, someEvents(3));
    expect(await append(stream, [], 2n)).toMatchObject({ nextExpectedRevision: 2n });
    await expect(append(stream, [], 1n)).rejects.toThrow(WrongExpectedVersionError);
    expect(await readEvents(running.client, stream)).toHaveLength(3);
  });

  it('stores JSON of every shape', async () => {
    const stream = freshStream();
    const values = [{ text: 'zażółć 💥', list: [1, null] }, 'bare', 42, [1, 'two']];
    const events = values.map((data) =>
      jsonEvent({ type: 'Größe', data: data as JSONType, metadata: { from: 'zażółć' } }),
    );
    await append(stream, events);
    const read = await readEvents(running.client, stream);
    expect(read.map(({ data }) => data)).toEqual(values);
    expect(read[0]).toMatchObject({ type: 'Größe', isJson: true, metadata: { from: 'zażółć' }, streamId: stream });
    expect(read[0]).not.toHaveProperty('contentType');
  });

  it('stores bytes as bytes, and none as none', async () => {
    const stream = freshStream();
    const data = Uint8Array.of(0, 255, 128, 10);
    const metadata = Uint8Array.of(1, 2, 255);
    await append(stream, [
      binaryEvent({ type: 'Bytes', data, metadata }),
      binaryEvent({ type: 'Nothing', data: new Uint8Array() }),
    ]);
    const [bytes, nothing] = await readEvents(running.client, stream);
    expect(bytes).toMatchObject({ isJson: false });
    expect(Buffer.from(bytes?.data as unknown as Uint8Array)).toEqual(Buffer.from(data));
    expect(Buffer.from(bytes?.metadata as Uint8Array)).toEqual(Buffer.from(metadata));
    expect(nothing?.data).toHaveLength(0);
    expect(nothing?.metadata).toBeUndefined();
  });

  it('stamps events with its own clock', async () => {
    const stream = freshStream();
    const before = Date.now();
    await append(stream, someEvents(1));
    const [event] = await readEvents(running.client, stream);
    expect(event?.created.getTime()).toBeGreaterThanOrEqual(before);
    expect(event?.created.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('returns ids in lower case', async () => {
    const stream = freshStream();
    const id = randomUUID().toUpperCase();
    await append(stream, [jsonEvent({ id, type: 'Happened', data: {} })]);
    expect((await readEvents(running.client, stream))[0]?.id).toBe(id.toLowerCase());
  });

  it('takes one mebibyte of data and not a byte more', async () => {
    const half = new Uint8Array(524_288);
    const bytes = (data: Uint8Array) => binaryEvent({ type: 'Bytes', data });
    const stream = freshStream();
    expect(await append(stream, [bytes(half), bytes(half)])).toMatchObject({ nextExpectedRevision: 1n });
    const error = await append(stream, [bytes(half), bytes(half), bytes(Uint8Array.of(1))]).catch(
      (err: unknown) => err,
    );
    expect(error).toBeInstanceOf(MaxAppendSizeExceededError);
    expect(error).toMatchObject({ maxAppendSize: 1_048_576 });
    expect(await readEvents(running.client, stream)).toHaveLength(2);
  });

  it.each([
    ['an empty type', { type: '' }],
    ['an id that is no UUID', { id: 'no-uuid' }],
    ['the nil UUID', { id: '00000000-0000-0000-0000-000000000000' }],
  ])('refuses %s and goes on', async (_name, fault) => {
    const stream = freshStream();
    const faulty = jsonEvent({ id: randomUUID() as string, type: 'Happened', data: {}, ...fault });
    await expect(append(stream, [faulty])).rejects.toThrow(UnknownError);
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

describe('what only the batch append does', () => {
  it('answers one append that comes in many frames', async () => {
    const stream = freshStream();
    const result = await running.client.appendToStream(stream, someEvents(5_000), { batchAppendSize: 1_024 });
    expect(result.nextExpectedRevision).toBe(4_999n);
    expect(revisionsOf(await readEvents(running.client, stream))).toEqual([...Array(5_000).keys()]);
  });

  it('refuses more than a mebibyte of small events, once, and goes on', async () => {
    const stream = freshStream();
    const tooMuch = Array.from({ length: 40_000 }, () => jsonEvent({ type: 'Small', data: { text: 'x'.repeat(20) } }));
    await expect(running.client.appendToStream(stream, tooMuch)).rejects.toThrow(MaxAppendSizeExceededError);
    expect(await running.client.appendToStream(stream, someEvents(1), { expectedRevision: NO_STREAM })).toMatchObject({
      success: true,
    });
  });

  it('answers a refused append without throwing when the client asks for that', async () => {
    const client = running.connect('&throwOnAppendFailure=false');
    const stream = freshStream();
    await client.appendToStream(stream, someEvents(4));
    const refused = { success: false, position: undefined };
    const expectedRevision = NO_STREAM as AppendExpectedRevision;
    // In this mode the client shows 1n for every revision of a batch append.
    expect(await client.appendToStream(stream, someEvents(1), { expectedRevision })).toMatchObject({
      ...refused,
      nextExpectedRevision: 1n,
    });
    const unary = { ...appendModes[1].options, expectedRevision };
    expect(await client.appendToStream(stream, someEvents(1), unary)).toMatchObject({
      ...refused,
      nextExpectedRevision: 3n,
    });
  });
});
