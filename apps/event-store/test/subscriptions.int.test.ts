// Catch-up subscriptions: history first, then live, each event once and in order.
import { END, type Position, START, WrongExpectedVersionError } from '@eventstore/db-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Followed, follow } from './followed.ts';
import { freshStream, type RunningStore, someEvents, startRunningStore } from './running-store.ts';

let running: RunningStore;
const open: Followed[] = [];
beforeAll(async () => {
  running = await startRunningStore();
});
afterEach(() => Promise.all(open.splice(0).map(({ subscription }) => subscription.unsubscribe())));
afterAll(() => running.stop());

const generously = { timeout: 20_000 };

function following(subscription: Parameters<typeof follow>[0]): Followed {
  const followed = follow(subscription);
  open.push(followed);
  return followed;
}
const toStream = (stream: string, fromRevision: bigint | typeof START | typeof END) =>
  following(running.client.subscribeToStream(stream, { fromRevision }));
const toAll = (fromPosition: Position | typeof START | typeof END) =>
  following(running.client.subscribeToAll({ fromPosition }));
const caughtUp = (followed: Followed) => vi.waitUntil(followed.isCaughtUp, generously);
const idsOf = (events: readonly { id: string }[]) => events.map(({ id }) => id);

async function append(stream: string, count: number) {
  const events = someEvents(count);
  const { position } = await running.client.appendToStream(stream, events);
  return { ids: idsOf(events), position: position as Position };
}

describe('a subscription to a stream', () => {
  it('tells of its confirmation, history, caught up and live events, in this order', async () => {
    const stream = freshStream();
    const history = await append(stream, 4);
    const followed = toStream(stream, START);
    await caughtUp(followed);
    const told = history.ids.map((event, revision) => ({ event, revision }));
    expect(followed.heard).toEqual(['confirmation', ...told, 'caughtUp']);
    const live = await append(stream, 2);
    await vi.waitFor(() => expect(followed.ids()).toEqual([...history.ids, ...live.ids]), generously);
    expect(followed.heard.filter((entry) => entry === 'caughtUp')).toHaveLength(1);
  });

  it.each([
    [0n, [1, 2, 3, 4]],
    [2n, [3, 4]],
    [3n, [4]],
  ])('from revision %d starts after it', async (fromRevision, revisions) => {
    const stream = freshStream();
    await append(stream, 4);
    const followed = toStream(stream, fromRevision);
    await caughtUp(followed);
    await append(stream, 1);
    await vi.waitFor(() => expect(followed.revisions()).toEqual(revisions), generously);
  });

  it('never tells of events before a start that lies ahead', async () => {
    const stream = freshStream();
    await append(stream, 1);
    const followed = toStream(stream, 2n);
    await caughtUp(followed);
    await append(stream, 3);
    await vi.waitFor(() => expect(followed.revisions()).toEqual([3]), generously);
  });

  it('from the end tells of later events only', async () => {
    const stream = freshStream();
    await append(stream, 4);
    const followed = toStream(stream, END);
    await caughtUp(followed);
    expect(followed.heard).toEqual(['confirmation', 'caughtUp']);
    await append(stream, 1);
    await vi.waitFor(() => expect(followed.revisions()).toEqual([4]), generously);
  });

  it('waits for a stream that is absent', async () => {
    const stream = freshStream();
    const followed = toStream(stream, START);
    await caughtUp(followed);
    expect(followed.heard).toEqual(['confirmation', 'caughtUp']);
    await append(freshStream(), 1);
    await append(stream, 1);
    await vi.waitFor(() => expect(followed.revisions()).toEqual([0]), generously);
  });

  it('never tells of checkpoints', async () => {
    const stream = freshStream();
    await append(stream, 100);
    const followed = toStream(stream, START);
    await caughtUp(followed);
    expect(followed.checkpoints()).toEqual([]);
  });
});

describe('a subscription to $all', () => {
  it('from the position of an event starts after it', async () => {
    const { position } = await append(freshStream(), 1);
    const next = await append(freshStream(), 1);
    const followed = toAll(position);
    await caughtUp(followed);
    expect(followed.ids()).toEqual(next.ids);
  });

  it('takes in the event at a commit position whose prepare position was not reached', async () => {
    const { ids, position } = await append(freshStream(), 1);
    const followed = toAll({ commit: position.commit, prepare: 0n });
    await caughtUp(followed);
    expect(followed.ids()).toEqual(ids);
  });

  it('misses and repeats nothing while 1,000 events are appended', async () => {
    const { position } = await append(freshStream(), 1);
    const streams = Array.from({ length: 10 }, freshStream);
    const appending = Promise.all(streams.flatMap((stream) => Array.from({ length: 20 }, () => append(stream, 5))));
    // Subscribers that start at different moments of the storm, some amid history and some at its end.
    const followers: Followed[] = [];
    const subscribing = vi.waitUntil(() => followers.push(toAll(position)) >= 5, { ...generously, interval: 5 });
    const appended = await appending;
    await subscribing;
    const expected = appended
      .toSorted((a, b) => Number(a.position.commit - b.position.commit))
      .flatMap(({ ids }) => ids);
    for (const follower of followers) {
      await vi.waitFor(() => expect(follower.ids()).toHaveLength(1_000), generously);
      expect(follower.ids()).toEqual(expected);
    }
  });

  it('has caught up with a log in which there is nothing yet', async () => {
    const empty = await startRunningStore();
    const followed = follow(empty.client.subscribeToAll({ fromPosition: START }));
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

  it('hears nothing of an append that was refused, and of a repeated one once', async () => {
    const stream = freshStream();
    const followed = toAll(END);
    await caughtUp(followed);
    const events = someEvents(1);
    const expectedRevision = 'no_stream';
    await running.client.appendToStream(stream, events, { expectedRevision });
    await running.client.appendToStream(stream, events, { expectedRevision });
    const refused = running.client.appendToStream(stream, someEvents(1), { expectedRevision });
    await expect(refused).rejects.toThrow(WrongExpectedVersionError);
    const marker = await append(freshStream(), 1);
    await vi.waitFor(() => expect(followed.ids()).toEqual([...idsOf(events), ...marker.ids]), generously);
  });

  it('never tells of checkpoints without a filter', async () => {
    await append(freshStream(), 100);
    const followed = toAll(START);
    await caughtUp(followed);
    expect(followed.checkpoints()).toEqual([]);
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

describe('the end of a subscription', () => {
  it('comes without an error when the client unsubscribes', async () => {
    const followed = toAll(START);
    await caughtUp(followed);
    await followed.subscription.unsubscribe();
    await vi.waitFor(() => expect(followed.heard).toContain('end'), generously);
    expect(followed.errors()).toEqual([]);
  });

  it('of one leaves the other of the same client alone', async () => {
    const stream = freshStream();
    const [first, second] = [toStream(stream, START), toStream(stream, START)];
    await Promise.all([caughtUp(first), caughtUp(second)]);
    await first.subscription.unsubscribe();
    await append(stream, 1);
    await vi.waitFor(() => expect(second.revisions()).toEqual([0]), generously);
    expect(first.revisions()).toEqual([]);
  });

  it('comes without an error when the client is disposed', async () => {
    const client = running.connect();
    const followers = [follow(client.subscribeToAll()), follow(client.subscribeToStream(freshStream()))];
    await Promise.all(followers.map(caughtUp));
    await client.dispose();
    for (const followed of followers) expect(followed.errors()).toEqual([]);
  });
});
