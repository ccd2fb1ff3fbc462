// Rows 90 to 104: deleted, tombstoned and truncated streams, and the metadata that says so.
import {
  ANY,
  BACKWARDS,
  END,
  type ExpectedRevision,
  NO_STREAM,
  type Position,
  START,
  STREAM_EXISTS,
  StreamDeletedError,
  StreamNotFoundError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { caughtUp, following, generously } from '../followed.ts';
import { freshStream, readEvents, revisionsOf, someEvents } from '../running-store.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

const append = (stream: string, count: number, expectedRevision: ExpectedRevision = ANY) =>
  target.client.appendToStream(stream, someEvents(count), { expectedRevision });

async function streamOf(count: number): Promise<string> {
  const stream = freshStream();
  await append(stream, count, NO_STREAM);
  return stream;
}

const revisions = async (stream: string, options?: Parameters<typeof readEvents>[2]) =>
  revisionsOf(await readEvents(target.client, stream, options));
const metadataOf = async (stream: string) => (await target.client.getStreamMetadata(stream)).metadata;

const conflict = (expectedVersion: bigint | string, actualVersion: bigint) => ({
  constructor: WrongExpectedVersionError,
  expectedVersion,
  actualVersion,
});

async function expectTombstoned(stream: string): Promise<void> {
  const { client } = target;
  const calls = [
    () => append(stream, 1),
    () => revisions(stream),
    () => client.deleteStream(stream),
    () => client.tombstoneStream(stream),
    () => client.getStreamMetadata(stream),
    () => client.setStreamMetadata(stream, { maxCount: 1 }),
  ];
  for (const call of calls) await expect(call()).rejects.toThrow(StreamDeletedError);
}

describe('a deleted stream', () => {
  it('row 90: it is not found, while $all shows its events and the metadata that hides them', async () => {
    const stream = freshStream();
    const events = someEvents(2);
    await target.client.appendToStream(stream, events.slice(0, 1));
    const [first] = await readEvents(target.client, stream);
    await target.client.appendToStream(stream, events.slice(1));
    const { position } = await target.client.deleteStream(stream, { expectedRevision: ANY });
    await expect(revisions(stream)).rejects.toThrow(StreamNotFoundError);
    const all = await Array.fromAsync(target.client.readAll({ fromPosition: first?.position as Position }));
    const own = all.flatMap(({ event }) => (event?.streamId.endsWith(stream) ? [event] : []));
    expect(own).toMatchObject([
      ...events.map(({ id }) => ({ id, streamId: stream })),
      { type: '$metadata', streamId: `$$${stream}`, position },
    ]);
  });

  it('row 91: an absent stream cannot be deleted', async () => {
    const stream = freshStream();
    const refused = { ...conflict(-2n, -1n), code: 9, streamName: stream };
    await expect(target.client.deleteStream(stream, { expectedRevision: ANY })).rejects.toMatchObject(refused);
    const withNoStream = target.client.deleteStream(stream, { expectedRevision: NO_STREAM });
    await expect(withNoStream).rejects.toMatchObject(conflict(-1n, -1n));
  });

  it('row 92: a revision to delete at must be the current one', async () => {
    const stream = await streamOf(3);
    for (const wrong of [1n, 3n]) {
      const refused = target.client.deleteStream(stream, { expectedRevision: wrong });
      await expect(refused).rejects.toMatchObject(conflict(wrong, 2n));
    }
    expect(await revisions(stream)).toEqual([0, 1, 2]);
    const deleted = await target.client.deleteStream(stream, { expectedRevision: 2n });
    expect(deleted.position?.commit).toBeGreaterThan(0n);
  });

  it('row 93: a stream with nothing but metadata can be deleted with no_stream', async () => {
    const stream = freshStream();
    await target.client.setStreamMetadata(stream, { maxCount: 5 });
    const { position } = await target.client.deleteStream(stream, { expectedRevision: NO_STREAM });
    expect(position).toBeDefined();
  });

  it('row 94: the client fails to ask for a deletion with stream_exists', async () => {
    const stream = await streamOf(1);
    const expectedRevision = STREAM_EXISTS as unknown as ExpectedRevision;
    const failed = target.client.deleteStream(stream, { expectedRevision });
    await expect(failed).rejects.toMatchObject({ constructor: UnknownError, code: 13 });
    expect(await revisions(stream)).toEqual([0]);
  });

  it('row 95: an append brings it back, numbered on and without its old events', async () => {
    for (const expectedRevision of [ANY, NO_STREAM, 1n] as const) {
      const stream = await streamOf(2);
      await target.client.deleteStream(stream);
      expect(await append(stream, 3, expectedRevision)).toMatchObject({ success: true, nextExpectedRevision: 4n });
      expect(await revisions(stream)).toEqual([2, 3, 4]);
      expect(await metadataOf(stream)).toEqual({ truncateBefore: 2 });
    }
  });

  it('row 96: once it is back, no_stream is refused again', async () => {
    const stream = await streamOf(2);
    await target.client.deleteStream(stream);
    await append(stream, 3, NO_STREAM);
    await expect(append(stream, 1, NO_STREAM)).rejects.toMatchObject(conflict('no_stream', 4n));
  });

  it('row 97: its metadata went with it', async () => {
    const stream = await streamOf(2);
    await target.client.setStreamMetadata(stream, { maxCount: 100, custom: 1 });
    await target.client.deleteStream(stream);
    await append(stream, 1);
    expect(await metadataOf(stream)).toEqual({ truncateBefore: 2 });
  });

  it('row 98: it can be deleted again, and then tombstoned', async () => {
    const stream = await streamOf(1);
    await target.client.deleteStream(stream);
    await target.client.deleteStream(stream);
    await target.client.tombstoneStream(stream);
    await expectTombstoned(stream);
  });
});

describe('a tombstoned stream', () => {
  it('row 99: even an absent one is gone for ever', async () => {
    for (const expectedRevision of [NO_STREAM, ANY] as const) {
      const stream = freshStream();
      const { position } = await target.client.tombstoneStream(stream, { expectedRevision });
      expect(position?.commit).toBeGreaterThan(0n);
      await expectTombstoned(stream);
    }
  });
});

describe('metadata', () => {
  it('row 100: $maxCount leaves the newest events, and of metadata itself one', async () => {
    const stream = await streamOf(20);
    for (const maxCount of [4, 3, 2]) await target.client.setStreamMetadata(stream, { maxCount });
    expect(await revisions(stream)).toEqual([18, 19]);
    expect(await revisions(`$$${stream}`)).toEqual([2]);
  });

  it('row 101: $tb hides the events before it, in both directions, and appends go on', async () => {
    const stream = await streamOf(10);
    await target.client.setStreamMetadata(stream, { truncateBefore: 5 });
    expect(await revisions(stream)).toEqual([5, 6, 7, 8, 9]);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: END })).toEqual([9, 8, 7, 6, 5]);
    await target.client.setStreamMetadata(stream, { truncateBefore: 10 });
    expect(await revisions(stream)).toEqual([]);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: END })).toEqual([]);
    expect(await append(stream, 1)).toMatchObject({ nextExpectedRevision: 10n });
    expect(await revisions(stream)).toEqual([10]);
  });

  it('row 102: $maxAge hides events once they are older, and appends go on', async () => {
    const stream = await streamOf(2);
    await target.client.setStreamMetadata(stream, { maxAge: 1 });
    await vi.waitFor(async () => expect(await revisions(stream)).toEqual([]), generously);
    // Repeated, because on a busy machine the new event may be too old itself once it is read.
    const appendAndRead = async () => {
      const { nextExpectedRevision } = await append(stream, 1);
      expect(await revisions(stream)).toContain(Number(nextExpectedRevision));
    };
    await vi.waitFor(appendAndRead, generously);
    expect(await revisions(stream)).not.toContain(1);
  });

  it('row 103: it comes back as it was set, custom keys and access list included', async () => {
    const stream = freshStream();
    expect(await target.client.getStreamMetadata(stream)).toEqual({ streamName: stream });
    const metadata = {
      maxAge: 3_600,
      maxCount: 7,
      truncateBefore: 2,
      cacheControl: 30,
      acl: {
        readRoles: ['a'],
        writeRoles: ['b', 'c'],
        deleteRoles: ['d'],
        metaReadRoles: ['e'],
        metaWriteRoles: ['f'],
      },
      custom: { nested: ['zażółć'] },
    };
    await target.client.setStreamMetadata(stream, metadata);
    expect(await metadataOf(stream)).toEqual(metadata);
  });

  it('row 104: a subscription from the start begins after what $tb hides', async () => {
    const stream = await streamOf(10);
    await target.client.setStreamMetadata(stream, { truncateBefore: 8 });
    const followed = following(target.client.subscribeToStream(stream, { fromRevision: START }));
    await caughtUp(followed);
    expect(followed.revisions()).toEqual([8, 9]);
  });
});
