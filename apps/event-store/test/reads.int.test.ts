// Reading streams and $all, in both directions, from everywhere.
import {
  type AllStreamRecordedEvent,
  BACKWARDS,
  END,
  FORWARDS,
  InvalidArgumentError,
  type Position,
  type ReadAllOptions,
  START,
  StreamNotFoundError,
  UnknownError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
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

async function streamOf(count: number): Promise<string> {
  const stream = freshStream();
  await running.client.appendToStream(stream, someEvents(count));
  return stream;
}

describe('a stream', () => {
  it.each([
    ['all of it by default', {}, [0, 1, 2, 3, 4]],
    ['from a revision, which is included', { fromRevision: 1n }, [1, 2, 3, 4]],
    ['as many as asked for', { fromRevision: 1n, maxCount: 2 }, [1, 2]],
    ['nothing from beyond its end', { fromRevision: 5n }, []],
    ['backwards from the end', { direction: BACKWARDS, fromRevision: END }, [4, 3, 2, 1, 0]],
    ['backwards from a revision, which is included', { direction: BACKWARDS, fromRevision: 1n }, [1, 0]],
    ['backwards from the start, one event', { direction: BACKWARDS, fromRevision: START }, [0]],
    ['backwards from beyond its end', { direction: BACKWARDS, fromRevision: 100n }, [4, 3, 2, 1, 0]],
    ['backwards, as many as asked for', { direction: BACKWARDS, fromRevision: END, maxCount: 2 }, [4, 3]],
  ] as const)('is read: %s', async (_name, options, revisions) => {
    const stream = await streamOf(5);
    expect(revisionsOf(await readEvents(running.client, stream, options))).toEqual(revisions);
  });

  it('that is absent is not found', async () => {
    const stream = freshStream();
    const error = await readEvents(running.client, stream).catch((err: unknown) => err);
    expect(error).toBeInstanceOf(StreamNotFoundError);
    expect(error).toMatchObject({ streamName: stream });
  });

  it.each([
    ['forwards from the end', { direction: FORWARDS, fromRevision: END }],
    ['no events at all', { maxCount: 0 }],
  ] as const)('fails to be read: %s', async (_name, options) => {
    const error = await readEvents(running.client, await streamOf(1), options).catch((err: unknown) => err);
    expect(error).toBeInstanceOf(UnknownError);
    expect(error).toMatchObject({ code: 2 });
  });

  it('cannot be asked for a negative revision', async () => {
    expect(() => running.client.readStream('any', { fromRevision: -1n })).toThrow(InvalidArgumentError);
  });

  it.each([33, 64, 99, 100, 101])('of 100 events is cut at %d', async (maxCount) => {
    const events = await readEvents(running.client, await streamOf(100), { maxCount });
    expect(revisionsOf(events)).toEqual([...Array(Math.min(maxCount, 100)).keys()]);
  });

  it('of 700 events is read over the edges of pages, both ways', async () => {
    const stream = await streamOf(700);
    const numbers = [...Array(700).keys()];
    expect(revisionsOf(await readEvents(running.client, stream))).toEqual(numbers);
    const backwards = await readEvents(running.client, stream, { direction: BACKWARDS, fromRevision: END });
    expect(revisionsOf(backwards)).toEqual(numbers.toReversed());
  });

  it('need not be read to its end', async () => {
    const stream = await streamOf(2_000);
    let seen = 0;
    for await (const _ of running.client.readStream(stream)) {
      seen += 1;
      if (seen === 10) break;
    }
    expect(await readEvents(running.client, stream, { maxCount: 3 })).toHaveLength(3);
  });

  it('knows the position of every event', async () => {
    const events = [];
    for await (const resolved of running.client.readStream(await streamOf(3))) events.push(resolved);
    for (const { event, commitPosition } of events) {
      expect(event?.position?.commit).toBeGreaterThan(0n);
      expect(event?.position?.prepare).toBe(event?.position?.commit);
      expect(commitPosition).toBe(event?.position?.commit);
    }
  });
});

describe('$all', () => {
  async function readAll(options?: ReadAllOptions): Promise<AllStreamRecordedEvent[]> {
    const events: AllStreamRecordedEvent[] = [];
    for await (const { event } of running.client.readAll(options)) if (event !== undefined) events.push(event);
    return events;
  }
  const idsOf = (events: readonly { id: string }[]) => events.map(({ id }) => id);

  /** Three events in two streams, in the order of the log. */
  async function threeEvents() {
    const [first, second] = [freshStream(), freshStream()];
    const [a, b, c] = [someEvents(1), someEvents(1), someEvents(1)];
    const positions: Position[] = [];
    for (const [stream, events] of [
      [first, a],
      [second, b],
      [first, c],
    ] as const) {
      const { position } = await running.client.appendToStream(stream, events);
      if (position !== undefined) positions.push(position);
    }
    return { ids: idsOf([a, b, c].flat()), positions };
  }

  it('holds the events of all streams in the order of their appends', async () => {
    const { ids } = await threeEvents();
    const all = idsOf(await readAll());
    expect(all.filter((id) => ids.includes(id))).toEqual(ids);
  });

  it('is cut where asked', async () => {
    await threeEvents();
    expect(await readAll({ maxCount: 2 })).toHaveLength(2);
    expect(await readAll({ maxCount: 0 })).toEqual([]);
  });

  it('is read forwards from a position, which is included', async () => {
    const { ids, positions } = await threeEvents();
    expect(idsOf(await readAll({ fromPosition: positions[1] as Position }))).toEqual(ids.slice(1));
  });

  it('is read backwards from a position, which is excluded', async () => {
    const { ids, positions } = await threeEvents();
    const [newest] = await readAll({ direction: BACKWARDS, fromPosition: positions[1] as Position, maxCount: 1 });
    expect(newest?.id).toBe(ids[0]);
  });

  it('is read backwards from the end, newest first', async () => {
    const { ids } = await threeEvents();
    expect(idsOf(await readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 3 }))).toEqual(ids.toReversed());
  });

  it.each([
    ['forwards from the end', { direction: FORWARDS, fromPosition: END }],
    ['backwards from the start', { direction: BACKWARDS, fromPosition: START }],
    ['forwards from beyond the end', { fromPosition: { commit: 2n ** 60n, prepare: 2n ** 60n } }],
  ] as const)('is empty %s', async (_name, options) => {
    await threeEvents();
    expect(await readAll(options)).toEqual([]);
  });

  it('refuses a position whose prepare is after its commit', async () => {
    await expect(readAll({ fromPosition: { commit: 1n, prepare: 2n } })).rejects.toThrow(UnknownError);
  });

  it('shows metadata as events of the metadata stream', async () => {
    const stream = freshStream();
    await running.client.setStreamMetadata(stream, { maxCount: 5 });
    const [newest] = await readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 });
    expect(newest).toMatchObject({ streamId: `$$${stream}`, type: '$metadata' });
  });
});
