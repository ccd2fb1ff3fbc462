// Rows 53 to 67: reading streams and $all, in both directions, from everywhere, and links.
import {
  type AllStreamRecordedEvent,
  BACKWARDS,
  binaryEvent,
  END,
  FORWARDS,
  InvalidArgumentError,
  type Position,
  type ReadAllOptions,
  type ResolvedEvent,
  START,
  StreamNotFoundError,
  UnknownError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshStream, readEvents, revisionsOf, someEvents } from '../running-store.ts';
import { isEmbedded, startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

async function streamOf(count: number): Promise<string> {
  const stream = freshStream();
  await target.client.appendToStream(stream, someEvents(count));
  return stream;
}

describe('a stream', () => {
  const revisions = async (stream: string, options?: Parameters<typeof readEvents>[2]) =>
    revisionsOf(await readEvents(target.client, stream, options));

  it('row 53: a stream is read from its first event on', async () => {
    expect(await revisions(await streamOf(5))).toEqual([0, 1, 2, 3, 4]);
  });

  it('row 54: a read includes the revision it starts from, and ends where asked', async () => {
    const stream = await streamOf(5);
    expect(await revisions(stream, { fromRevision: 1n })).toEqual([1, 2, 3, 4]);
    expect(await revisions(stream, { fromRevision: 1n, maxCount: 2 })).toEqual([1, 2]);
  });

  it('row 55: a stream is read backwards from its end, a revision or its start, each included', async () => {
    const stream = await streamOf(5);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: END })).toEqual([4, 3, 2, 1, 0]);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: 1n })).toEqual([1, 0]);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: START })).toEqual([0]);
  });

  it('row 56: from beyond the end there is nothing forwards, and everything backwards', async () => {
    const stream = await streamOf(5);
    expect(await revisions(stream, { fromRevision: 5n })).toEqual([]);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: 100n })).toEqual([4, 3, 2, 1, 0]);
  });

  it('row 57: an absent stream is not found', async () => {
    const stream = freshStream();
    const missing = { constructor: StreamNotFoundError, streamName: stream };
    await expect(revisions(stream)).rejects.toMatchObject(missing);
  });

  it('row 58: reading forwards from the end, or no events at all, is an error', async () => {
    const stream = await streamOf(1);
    for (const options of [{ direction: FORWARDS, fromRevision: END }, { maxCount: 0 }] as const) {
      await expect(revisions(stream, options)).rejects.toMatchObject({ constructor: UnknownError, code: 2 });
    }
  });

  it('row 59: the client refuses a negative revision itself', () => {
    expect(() => target.client.readStream('any', { fromRevision: -1n })).toThrow(InvalidArgumentError);
  });

  it('row 60: counts are exact over the edges of pages, and a read may be left early', async () => {
    const stream = await streamOf(100);
    for (const maxCount of [33, 64]) {
      expect(await revisions(stream, { maxCount })).toEqual([...Array(maxCount).keys()]);
    }
    const long = await streamOf(2_000);
    let seen = 0;
    for await (const _ of target.client.readStream(long)) {
      seen += 1;
      if (seen === 10) break;
    }
    expect(await revisions(long, { maxCount: 3 })).toEqual([0, 1, 2]);
  });

  it('row 61: every event of a stream knows its position in the log', async () => {
    const events = await Array.fromAsync(target.client.readStream(await streamOf(3)));
    expect(events).toHaveLength(3);
    for (const { event, commitPosition } of events) {
      expect(event?.position?.commit).toBeGreaterThan(0n);
      expect(event?.position?.prepare).toBe(event?.position?.commit);
      expect(commitPosition).toBe(event?.position?.commit);
    }
  });
});

describe('$all', () => {
  async function readAll(options?: ReadAllOptions): Promise<AllStreamRecordedEvent[]> {
    const resolved = await Array.fromAsync(target.client.readAll(options));
    return resolved.flatMap(({ event }) => event ?? []);
  }
  const idsAmong = (own: readonly string[], events: readonly { id: string }[]) =>
    events.flatMap(({ id }) => (own.includes(id) ? [id] : []));
  /** More than others may append while one test runs. */
  const many = 20_000;

  /** Three events in two streams, in the order of the log. */
  async function threeEvents() {
    const [first, second] = [freshStream(), freshStream()];
    const ids: string[] = [];
    const positions: Position[] = [];
    for (const stream of [first, second, first]) {
      const events = someEvents(1);
      const { position } = await target.client.appendToStream(stream, events);
      ids.push(...events.map(({ id }) => id));
      if (position !== undefined) positions.push(position);
    }
    return { ids, positions: positions as [Position, Position, Position] };
  }

  it('row 62: $all holds the events of all streams in the order of their appends, and ends where asked', async () => {
    const { ids, positions } = await threeEvents();
    const everything = isEmbedded ? {} : { fromPosition: positions[0] };
    expect(idsAmong(ids, await readAll(everything))).toEqual(ids);
    expect(await readAll({ maxCount: 2 })).toHaveLength(2);
  });

  it('row 63: forwards $all includes the position it is read from', async () => {
    const { ids, positions } = await threeEvents();
    const events = await readAll({ fromPosition: positions[1], maxCount: many });
    expect(events[0]?.id).toBe(ids[1]);
    expect(idsAmong(ids, events)).toEqual(ids.slice(1));
  });

  it('row 64: backwards $all excludes the position it is read from', async () => {
    const { ids, positions } = await threeEvents();
    const events = await readAll({ direction: BACKWARDS, fromPosition: positions[1], maxCount: many });
    expect(events[0]?.position.commit).toBeLessThan(positions[1].commit);
    expect(idsAmong(ids, events)).toEqual(ids.slice(0, 1));
  });

  it('row 65: $all is read from its end newest first, and is empty outwards from either end', async () => {
    const { ids } = await threeEvents();
    const backwards = await readAll({ direction: BACKWARDS, fromPosition: END, maxCount: many });
    expect(idsAmong(ids, backwards)).toEqual(ids.toReversed());
    expect(await readAll({ direction: FORWARDS, fromPosition: END })).toEqual([]);
    expect(await readAll({ direction: BACKWARDS, fromPosition: START })).toEqual([]);
  });
});

describe('links', () => {
  async function linksTo(...targets: string[]): Promise<string> {
    const stream = freshStream();
    const links = targets.map((link) => binaryEvent({ type: '$>', data: Buffer.from(link) }));
    await target.client.appendToStream(stream, links);
    return stream;
  }
  const resolved = (stream: string, resolveLinkTos: boolean): Promise<ResolvedEvent[]> =>
    Array.fromAsync(target.client.readStream(stream, { resolveLinkTos }));

  it('row 66: a link is shown as the event it leads to when asked, and otherwise as itself', async () => {
    const original = await streamOf(4);
    const stream = await linksTo(`2@${original}`);
    const [followed] = await resolved(stream, true);
    expect(followed?.event).toMatchObject({ streamId: original, revision: 2n, type: 'Happened', data: { index: 2 } });
    expect(followed?.link).toMatchObject({ streamId: stream, revision: 0n, type: '$>' });
    expect(followed?.commitPosition).toBe(followed?.link?.position?.commit);
    const [plain] = await resolved(stream, false);
    expect(plain?.event).toMatchObject({ streamId: stream, revision: 0n, type: '$>' });
    expect(plain?.link).toBeUndefined();
  });

  it('row 67: a link that leads nowhere is shown alone', async () => {
    const truncated = await streamOf(4);
    await target.client.setStreamMetadata(truncated, { truncateBefore: 2 });
    const stream = await linksTo(`0@${freshStream()}`, `9@${truncated}`, `1@${truncated}`, `2@${truncated}`);
    const events = await resolved(stream, true);
    expect(events.map(({ link }) => link?.revision)).toEqual([0n, 1n, 2n, 3n]);
    expect(events.map(({ event }) => event?.revision)).toEqual([undefined, undefined, undefined, 2n]);
  });
});
