// Catch-up subscriptions, beyond the rows of the conformance checklist.
import { type Position, START } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { caughtUp, following, generously } from './followed.ts';
import { freshStream, type RunningStore, someEvents, startRunningStore } from './running-store.ts';

let running: RunningStore;
beforeAll(async () => {
  running = await startRunningStore();
});
afterAll(() => running.stop());

const toStream = (stream: string, fromRevision: bigint | typeof START) =>
  following(running.client.subscribeToStream(stream, { fromRevision }));
const toAll = (fromPosition: Position) => following(running.client.subscribeToAll({ fromPosition }));
const idsOf = (events: readonly { id: string }[]) => events.map(({ id }) => id);

async function append(stream: string, count: number) {
  const events = someEvents(count);
  const { position } = await running.client.appendToStream(stream, events);
  return { ids: idsOf(events), position: position as Position };
}

describe('a subscription to a stream', () => {
  it('from its last revision tells of later events only', async () => {
    const stream = freshStream();
    await append(stream, 4);
    const followed = toStream(stream, 3n);
    await caughtUp(followed);
    await append(stream, 1);
    await vi.waitFor(() => expect(followed.revisions()).toEqual([4]), generously);
  });

  it('never tells of events before a start that lies ahead', async () => {
    const stream = freshStream();
    await append(stream, 1);
    const followed = toStream(stream, 2n);
    await caughtUp(followed);
    await append(stream, 3);
    await vi.waitFor(() => expect(followed.revisions()).toEqual([3]), generously);
  });

  it('waits for its own stream while others come into being', async () => {
    const stream = freshStream();
    const followed = toStream(stream, START);
    await caughtUp(followed);
    await append(freshStream(), 1);
    const { ids } = await append(stream, 1);
    await vi.waitFor(() => expect(followed.ids()).toEqual(ids), generously);
  });
});

describe('a subscription to $all', () => {
  it('takes in the event at a commit position whose prepare position was not reached', async () => {
    const { ids, position } = await append(freshStream(), 1);
    const followed = toAll({ commit: position.commit, prepare: 0n });
    await caughtUp(followed);
    expect(followed.ids()).toEqual(ids);
  });

  it('has caught up with a log in which there is nothing yet', async () => {
    const empty = await startRunningStore();
    const followed = following(empty.client.subscribeToAll({ fromPosition: START }));
    await caughtUp(followed);
    await empty.client.appendToStream(freshStream(), someEvents(1));
    await vi.waitFor(() => expect(followed.ids()).toHaveLength(1), generously);
    await empty.stop();
  });

  it('catches up although the appends never pause', async () => {
    const { position } = await append(freshStream(), 1);
    const followed = toAll(position);
    const appendUntilCaughtUp = async () => {
      while (!followed.isCaughtUp()) await append(freshStream(), 3);
    };
    await Promise.all(Array.from({ length: 20 }, appendUntilCaughtUp));
  });

  it('lets a reader that stands still stand still, and loses nothing for it', async () => {
    const stream = freshStream();
    const { position } = await append(stream, 1);
    const subscription = running.client.subscribeToAll({ fromPosition: position });
    subscription.pause();
    const large = 'x'.repeat(20_000);
    const events = someEvents(500).map((event) => ({ ...event, data: { large } }));
    for (let from = 0; from < events.length; from += 50) {
      await running.client.appendToStream(stream, events.slice(from, from + 50));
    }
    // Others are served meanwhile.
    const other = toStream(stream, START);
    await vi.waitFor(() => expect(other.ids()).toHaveLength(501), generously);
    const followed = following(subscription);
    subscription.resume();
    await vi.waitFor(() => expect(followed.ids()).toEqual(idsOf(events)), generously);
  });
});
