// Rows 39 to 52: sending an append again, the same event objects under the same ids, over either call.
import {
  ANY,
  type AppendExpectedRevision,
  END,
  type EventData,
  NO_STREAM,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { caughtUp, following, generously } from '../followed.ts';
import { appendModes, freshStream, readEvents, someEvents } from '../running-store.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

const lengthOf = async (stream: string) => (await readEvents(target.client, stream)).length;
const twoEvents = () => someEvents(2) as [EventData, EventData];

describe.each(appendModes)('$mode append', ({ mode, options }) => {
  const append = (stream: string, events: EventData[], expectedRevision: AppendExpectedRevision) =>
    target.client.appendToStream(stream, events, { ...options, expectedRevision });

  const expectConflict = (
    stream: string,
    events: EventData[],
    expectedRevision: AppendExpectedRevision,
    actualVersion: bigint,
  ) =>
    expect(append(stream, events, expectedRevision)).rejects.toMatchObject({
      constructor: WrongExpectedVersionError,
      actualVersion,
    });

  it(`row 39 (${mode}): the repeat of one event with no_stream is answered alike and stored once`, async () => {
    const stream = freshStream();
    const events = someEvents(1);
    const first = await append(stream, events, NO_STREAM);
    expect(first).toMatchObject({ success: true, nextExpectedRevision: 0n });
    expect(await append(stream, events, NO_STREAM)).toEqual(first);
    expect(await lengthOf(stream)).toBe(1);
  });

  it(`row 40 (${mode}): a late repeat is answered as the first time, not with the end of the stream`, async () => {
    const stream = freshStream();
    const events = someEvents(2);
    const first = await append(stream, events, NO_STREAM);
    await append(stream, someEvents(8), 1n);
    expect(await append(stream, events, NO_STREAM)).toEqual({ ...first, nextExpectedRevision: 1n });
    expect(await lengthOf(stream)).toBe(10);
  });

  it(`row 41 (${mode}): the beginning of an append is recognised with no_stream`, async () => {
    const stream = freshStream();
    const [e0, e1] = twoEvents();
    await append(stream, [e0, e1], NO_STREAM);
    expect(await append(stream, [e0], NO_STREAM)).toMatchObject({ success: true, nextExpectedRevision: 0n });
    expect(await lengthOf(stream)).toBe(2);
  });

  it(`row 42 (${mode}): the end of an append is recognised with the revision before it`, async () => {
    const stream = freshStream();
    const [e0, e1] = twoEvents();
    await append(stream, [e0, e1], NO_STREAM);
    expect(await append(stream, [e1], 0n)).toMatchObject({ success: true, nextExpectedRevision: 1n });
    expect(await lengthOf(stream)).toBe(2);
  });

  it(`row 43 (${mode}): a repeat with a new event at its end is refused with no_stream`, async () => {
    const stream = freshStream();
    const events = someEvents(2);
    await append(stream, events, NO_STREAM);
    await expectConflict(stream, [...events, ...someEvents(1)], NO_STREAM, 1n);
  });

  it(`row 44 (${mode}): a repeat is recognised at its own place, and at the current revision never`, async () => {
    const stream = freshStream();
    const events = someEvents(6);
    for (const [number, event] of events.entries()) {
      await append(stream, [event], number === 0 ? NO_STREAM : BigInt(number - 1));
    }
    const e0 = events.slice(0, 1);
    await expectConflict(stream, e0, 4n, 5n);
    await expectConflict(stream, e0, 6n, 5n);
    expect(await append(stream, e0, 5n)).toMatchObject({ nextExpectedRevision: 6n });
  });

  it(`row 45 (${mode}): four events with any are stored once`, async () => {
    const stream = freshStream();
    const events = someEvents(4);
    const first = await append(stream, events, ANY);
    expect(first).toMatchObject({ success: true, nextExpectedRevision: 3n });
    expect(await append(stream, events, ANY)).toEqual(first);
    expect(await lengthOf(stream)).toBe(4);
  });

  it(`row 46 (${mode}): any part of an append is recognised with any`, async () => {
    const stream = freshStream();
    const [e0, e1] = twoEvents();
    await append(stream, [e0, e1], ANY);
    expect(await append(stream, [e1], ANY)).toMatchObject({ success: true, nextExpectedRevision: 1n });
    expect(await append(stream, [e0], ANY)).toMatchObject({ success: true, nextExpectedRevision: 0n });
    expect(await lengthOf(stream)).toBe(2);
  });

  it(`row 47 (${mode}): with any a new event after a known one is refused, before a known one it is taken`, async () => {
    const stream = freshStream();
    const known = someEvents(1);
    await append(stream, known, ANY);
    await expectConflict(stream, [...known, ...someEvents(1)], ANY, 0n);
    expect(await append(stream, [...someEvents(1), ...known], ANY)).toMatchObject({ nextExpectedRevision: 2n });
    expect(await lengthOf(stream)).toBe(3);
  });

  it(`row 48 (${mode}): one id three times in one append is three events, once`, async () => {
    const [x] = twoEvents();
    for (const [expectedRevision, again] of [
      [ANY, 0n],
      [NO_STREAM, 2n],
    ] as const) {
      const stream = freshStream();
      const first = await append(stream, [x, x, x], expectedRevision);
      expect(first).toMatchObject({ nextExpectedRevision: 2n });
      const second = await append(stream, [x, x, x], expectedRevision);
      expect(second).toMatchObject({ success: true, nextExpectedRevision: again });
      expect(await lengthOf(stream)).toBe(3);
    }
  });

  it(`row 49 (${mode}): an id that is known in one stream is new in another`, async () => {
    const events = someEvents(1);
    const other = freshStream();
    await append(freshStream(), events, ANY);
    expect(await append(other, events, ANY)).toMatchObject({ nextExpectedRevision: 0n });
    expect(await lengthOf(other)).toBe(1);
  });

  it(`row 50 (${mode}): a repeat does not bring a deleted stream back`, async () => {
    const stream = freshStream();
    const events = someEvents(1);
    await append(stream, events, NO_STREAM);
    await target.client.deleteStream(stream);
    const again = await append(stream, events, NO_STREAM);
    expect(again).toEqual({ success: true, nextExpectedRevision: 0n, position: undefined });
    await expect(lengthOf(stream)).rejects.toThrow(StreamNotFoundError);
  });

  it(`row 51 (${mode}): a repeat over the other call is recognised`, async () => {
    const stream = freshStream();
    const events = someEvents(1);
    const first = await append(stream, events, NO_STREAM);
    const [other] = appendModes.filter((candidate) => candidate.mode !== mode);
    const again = { ...other?.options, expectedRevision: NO_STREAM as AppendExpectedRevision };
    expect(await target.client.appendToStream(stream, events, again)).toEqual(first);
    expect(await lengthOf(stream)).toBe(1);
  });

  it(`row 52 (${mode}): subscribers are told of a repeated event once`, async () => {
    const stream = freshStream();
    const { client } = target;
    const followers = [
      following(client.subscribeToAll({ fromPosition: END })),
      following(client.subscribeToStream(stream)),
    ];
    await Promise.all(followers.map(caughtUp));
    const [repeated, marker] = [someEvents(2), someEvents(1)];
    await append(stream, repeated, NO_STREAM);
    await append(stream, repeated, NO_STREAM);
    await append(stream, repeated, ANY);
    await append(stream, marker, 1n);
    const ids = [...repeated, ...marker].map(({ id }) => id);
    for (const followed of followers) {
      await vi.waitFor(() => expect(followed.told(ids)).toEqual(ids), generously);
    }
  });
});
