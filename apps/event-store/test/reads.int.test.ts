// Reading streams and $all, beyond the rows of the conformance checklist.
import { BACKWARDS, END, type ReadAllOptions, UnknownError } from '@eventstore/db-client';
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
  it('is read backwards no further than asked', async () => {
    const options = { direction: BACKWARDS, fromRevision: END, maxCount: 2 } as const;
    expect(revisionsOf(await readEvents(running.client, await streamOf(5), options))).toEqual([4, 3]);
  });

  it.each([99, 100, 101])('of 100 events is cut at %d', async (maxCount) => {
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
});

describe('$all', () => {
  const readAll = async (options: ReadAllOptions) =>
    (await Array.fromAsync(running.client.readAll(options))).flatMap(({ event }) => event ?? []);

  it.each([
    ['of no events at all', { maxCount: 0 }],
    ['forwards from beyond the end', { fromPosition: { commit: 2n ** 60n, prepare: 2n ** 60n } }],
  ] as const)('answers a read %s with nothing', async (_name, options) => {
    await streamOf(1);
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
