// Rows 9 to 38: appending, over both calls that the client uses for it.
import { randomUUID } from 'node:crypto';
import {
  ANY,
  type AppendExpectedRevision,
  binaryEvent,
  DeadlineExceededError,
  END,
  type EventData,
  type JSONType,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  STREAM_EXISTS,
  StreamDeletedError,
  StreamNotFoundError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { caughtUp, following, generously } from '../followed.ts';
import { appendModes, freshStream, readEvents, revisionsOf, someEvents } from '../running-store.ts';
import { isEmbedded, startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

const read = (stream: string) => readEvents(target.client, stream);

describe.each(appendModes)('$mode append', ({ mode, options }) => {
  const append = (stream: string, events: EventData[], expectedRevision: AppendExpectedRevision = ANY) =>
    target.client.appendToStream(stream, events, { ...options, expectedRevision });

  async function streamOf(count: number): Promise<string> {
    const stream = freshStream();
    await append(stream, someEvents(count), NO_STREAM);
    return stream;
  }

  async function expectConflict(stream: string, expectedRevision: AppendExpectedRevision, versions: object) {
    const error = await append(stream, someEvents(1), expectedRevision).catch((err: unknown) => err);
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, ...versions });
  }

  it(`row 9 (${mode}): no_stream creates a stream at revision 0 and answers with its position`, async () => {
    const { success, nextExpectedRevision, position } = await append(freshStream(), someEvents(1), NO_STREAM);
    expect({ success, nextExpectedRevision }).toEqual({ success: true, nextExpectedRevision: 0n });
    expect(position?.commit).toBe(position?.prepare);
    expect(position?.commit).toBeGreaterThan(0n);
  });

  it(`row 10 (${mode}): the answer carries the revision of the last event`, async () => {
    const stream = freshStream();
    expect(await append(stream, someEvents(4))).toMatchObject({ nextExpectedRevision: 3n });
    expect(await append(stream, someEvents(4))).toMatchObject({ nextExpectedRevision: 7n });
  });

  it(`row 11 (${mode}): the answer carries the position that the last event is read with`, async () => {
    const stream = freshStream();
    await append(stream, someEvents(4));
    const { position } = await append(stream, someEvents(4));
    expect((await read(stream)).at(-1)).toMatchObject({ revision: 7n, position });
  });

  it(`row 12 (${mode}): no_stream is refused for an existing stream`, async () => {
    await expectConflict(await streamOf(4), NO_STREAM, { expectedVersion: 'no_stream', actualVersion: 3n });
  });

  it(`row 13 (${mode}): stream_exists is refused for an absent stream`, async () => {
    const versions = { expectedVersion: 'stream_exists', actualVersion: 'no_stream' };
    await expectConflict(freshStream(), STREAM_EXISTS, versions);
  });

  it(`row 14 (${mode}): stream_exists is taken for an existing stream`, async () => {
    const appended = await append(await streamOf(1), someEvents(1), STREAM_EXISTS);
    expect(appended).toMatchObject({ success: true, nextExpectedRevision: 1n });
  });

  it(`row 15 (${mode}): a stream with nothing but metadata exists`, async () => {
    const stream = freshStream();
    await target.client.setStreamMetadata(stream, { maxCount: 5 });
    expect(await append(stream, someEvents(1), STREAM_EXISTS)).toMatchObject({ nextExpectedRevision: 0n });
  });

  it(`row 16 (${mode}): a revision is refused for an absent stream`, async () => {
    await expectConflict(freshStream(), 1n, { expectedVersion: 1n, actualVersion: 'no_stream' });
  });

  it(`row 17 (${mode}): of all revisions only the current one is taken`, async () => {
    const stream = await streamOf(4);
    expect(await append(stream, someEvents(1), 3n)).toMatchObject({ nextExpectedRevision: 4n });
    await expectConflict(stream, 5n, { expectedVersion: 5n, actualVersion: 4n });
    await expectConflict(stream, 3n, { expectedVersion: 3n, actualVersion: 4n });
  });

  it(`row 18 (${mode}): a refused append writes nothing and is told to nobody`, async () => {
    const stream = await streamOf(1);
    const followed = following(target.client.subscribeToAll({ fromPosition: END }));
    await caughtUp(followed);
    const [refused, taken] = [someEvents(1), someEvents(1)];
    await expect(append(stream, refused, NO_STREAM)).rejects.toThrow(WrongExpectedVersionError);
    await append(freshStream(), taken);
    const ids = [...refused, ...taken].map(({ id }) => id);
    await vi.waitFor(() => expect(followed.told(ids)).toEqual(ids.slice(1)), generously);
    expect(await read(stream)).toHaveLength(1);
  });

  it(`row 19 (${mode}): of 20 rivals one creates the stream`, async () => {
    const stream = freshStream();
    const rivals = await Promise.allSettled(Array.from({ length: 20 }, () => append(stream, someEvents(1), NO_STREAM)));
    const losers = rivals.filter(({ status }) => status === 'rejected');
    expect(losers).toHaveLength(19);
    for (const loser of losers) expect(loser).toMatchObject({ reason: expect.any(WrongExpectedVersionError) });
    expect(await read(stream)).toHaveLength(1);
  });

  it(`row 20 (${mode}): 50 appends at a time get revisions and positions in one order`, async () => {
    const stream = freshStream();
    const results = await Promise.all(Array.from({ length: 50 }, () => append(stream, someEvents(1))));
    const byRevision = results.toSorted((a, b) => Number(a.nextExpectedRevision - b.nextExpectedRevision));
    expect(byRevision.map(({ nextExpectedRevision }) => Number(nextExpectedRevision))).toEqual([...Array(50).keys()]);
    const positions = byRevision.map(({ position }) => position?.commit ?? 0n);
    expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => Number(a - b)));
  });

  it(`row 21 (${mode}): a client that asks for it is told of a conflict without an error`, async () => {
    const stream = await streamOf(4);
    const client = target.connect('&throwOnAppendFailure=false');
    const answer = await client.appendToStream(stream, someEvents(1), { ...options, expectedRevision: NO_STREAM });
    // For a batch append the client shows 1n whatever the revision is.
    const nextExpectedRevision = mode === 'batch' ? 1n : 3n;
    expect(answer).toEqual({ success: false, position: undefined, nextExpectedRevision });
  });

  it(`row 22 (${mode}): an append without events leaves an absent stream absent`, async () => {
    const stream = freshStream();
    expect(await append(stream, [])).toMatchObject({ success: true, nextExpectedRevision: 0n });
    await expect(read(stream)).rejects.toThrow(StreamNotFoundError);
  });

  it(`row 23 (${mode}): an append without events at the current revision changes nothing`, async () => {
    const stream = await streamOf(3);
    expect(await append(stream, [], 2n)).toMatchObject({ success: true, nextExpectedRevision: 2n });
    expect(revisionsOf(await read(stream))).toEqual([0, 1, 2]);
  });

  it(`row 24 (${mode}): an append without events at another revision is refused`, async () => {
    const stream = await streamOf(3);
    const versions = { expectedVersion: 1n, actualVersion: 2n };
    await expect(append(stream, [], 1n)).rejects.toMatchObject({ constructor: WrongExpectedVersionError, ...versions });
  });

  it(`row 25 (${mode}): JSON comes back as it was`, async () => {
    const stream = freshStream();
    const data = { text: 'zażółć 💥', list: [1, null] };
    const metadata = { from: 'zażółć', nested: { deep: true } };
    await append(stream, [jsonEvent({ type: 'Größe', data, metadata })]);
    const [event] = await read(stream);
    expect(event).toMatchObject({ streamId: stream, type: 'Größe', isJson: true });
    expect([event?.data, event?.metadata]).toEqual([data, metadata]);
    expect(event).not.toHaveProperty('contentType');
  });

  it(`row 26 (${mode}): bytes come back as bytes`, async () => {
    const stream = freshStream();
    const [data, metadata] = [Uint8Array.of(0, 255, 128, 10), Uint8Array.of(1, 2, 255)];
    await append(stream, [binaryEvent({ type: 'Bytes', data, metadata })]);
    const [event] = await read(stream);
    expect(event).toMatchObject({ isJson: false });
    expect(Buffer.from(event?.data as unknown as Uint8Array)).toEqual(Buffer.from(data));
    expect(Buffer.from(event?.metadata as Uint8Array)).toEqual(Buffer.from(metadata));
  });

  it(`row 27 (${mode}): an event without metadata comes back without`, async () => {
    const stream = await streamOf(1);
    expect((await read(stream))[0]?.metadata).toBeUndefined();
  });

  it(`row 28 (${mode}): strings, numbers, lists and no bytes at all are data as well`, async () => {
    const stream = freshStream();
    const values = ['bare', 42, [1, 'two']];
    const nothing = binaryEvent({ type: 'Nothing', data: new Uint8Array() });
    await append(stream, [...values.map((data) => jsonEvent({ type: 'Value', data: data as JSONType })), nothing]);
    const read = (await readEvents(target.client, stream)).map(({ data }) => data);
    expect(read.slice(0, 3)).toEqual(values);
    expect(read[3]).toHaveLength(0);
  });

  it(`row 29 (${mode}): an event is stamped with the time of its append`, async () => {
    const before = Date.now();
    const [event] = await read(await streamOf(1));
    expect(event?.created.getTime()).toBeGreaterThanOrEqual(before);
    expect(event?.created.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it(`row 30 (${mode}): ids come back in lower case`, async () => {
    const stream = freshStream();
    const id = randomUUID().toUpperCase();
    await append(stream, [jsonEvent({ id, type: 'Happened', data: {} })]);
    expect((await read(stream))[0]?.id).toBe(id.toLowerCase());
  });

  it(`row 31 (${mode}): one mebibyte of data is taken, and not a byte more`, async () => {
    // From 24.10.4 on the length of the type counts too.
    const half = new Uint8Array(isEmbedded ? 524_288 : 524_000);
    const bytes = (data: Uint8Array) => binaryEvent({ type: 'Bytes', data });
    const stream = freshStream();
    expect(await append(stream, [bytes(half), bytes(half)])).toMatchObject({ nextExpectedRevision: 1n });
    const tooMuch = [bytes(new Uint8Array(524_288)), bytes(new Uint8Array(524_289))];
    const refused = append(stream, tooMuch);
    await expect(refused).rejects.toMatchObject({ constructor: MaxAppendSizeExceededError, maxAppendSize: 1_048_576 });
    expect(await read(stream)).toHaveLength(2);
  });

  it(`row 32 (${mode}): too many small events are refused, and the next append is taken`, async () => {
    const stream = freshStream();
    const tooMuch = Array.from({ length: 40_000 }, () => jsonEvent({ type: 'Small', data: { text: 'x'.repeat(20) } }));
    // As many messages as events: on a busy machine they take longer than the client waits of its own accord.
    const refused = target.client.appendToStream(stream, tooMuch, { ...options, deadline: 60_000 });
    await expect(refused).rejects.toThrow(MaxAppendSizeExceededError);
    expect(await append(stream, someEvents(1), NO_STREAM)).toMatchObject({ success: true });
  });

  it(`row 33 (${mode}): an append that is sent in many frames is one append`, async () => {
    const stream = freshStream();
    const appended = await target.client.appendToStream(stream, someEvents(5_000), {
      ...options,
      batchAppendSize: 1_024,
    });
    expect(appended).toMatchObject({ success: true, nextExpectedRevision: 4_999n });
    expect(revisionsOf(await read(stream))).toEqual([...Array(5_000).keys()]);
  });

  it(`row 34 (${mode}): an append that comes after its deadline is refused`, async () => {
    const late = target.client.appendToStream(freshStream(), someEvents(30_000), { ...options, deadline: 1 });
    await expect(late).rejects.toThrow(DeadlineExceededError);
  });

  it(`row 35 (${mode}): a tombstoned stream takes no appends`, async () => {
    const stream = await streamOf(1);
    await target.client.tombstoneStream(stream);
    const refused = append(stream, someEvents(1));
    await expect(refused).rejects.toMatchObject({ constructor: StreamDeletedError, streamName: stream });
  });

  it(`row 36 (${mode}): stream_exists is refused for a deleted stream`, async () => {
    const stream = await streamOf(1);
    await target.client.deleteStream(stream);
    await expect(append(stream, someEvents(1), STREAM_EXISTS)).rejects.toThrow(StreamDeletedError);
  });

  it(`row 37 (${mode}): an event without a type is refused`, async () => {
    const refused = append(freshStream(), [jsonEvent({ type: '', data: {} })]);
    const fault = mode === 'batch' ? { message: 'Could not recognize BadRequest' } : { code: 2 };
    await expect(refused).rejects.toMatchObject({ constructor: UnknownError, ...fault });
  });

  it(`row 38 (${mode}): an id that is no UUID is refused, and the next append is taken`, async () => {
    const stream = freshStream();
    const faulty = jsonEvent({ id: 'no-uuid', type: 'Happened', data: {} });
    await expect(append(stream, [faulty])).rejects.toThrow(UnknownError);
    expect(await append(stream, someEvents(1), NO_STREAM)).toMatchObject({ success: true });
  });
});
