// Rows 68 to 78, 87 and 89: catch-up subscriptions tell of history first, then of live events, each once and in order.
import {
  END,
  EventStoreDBClient,
  type Position,
  type ResolvedEvent,
  START,
  StreamDeletedError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { caughtUp, type Followed, follow, following, generously } from '../followed.ts';
import { freshStream, someEvents } from '../running-store.ts';
import { readResponses, startRecordingProxy } from './recording-proxy.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

const toStream = (stream: string, fromRevision: bigint | typeof START | typeof END) =>
  following(target.client.subscribeToStream(stream, { fromRevision }));
const toAll = (fromPosition: Position | typeof START | typeof END) =>
  following(target.client.subscribeToAll({ fromPosition }));

async function append(stream: string, count: number) {
  const events = someEvents(count);
  const { position } = await target.client.appendToStream(stream, events);
  return { ids: events.map(({ id }) => id), position: position as Position };
}

describe('a subscription to a stream', () => {
  it('row 68: it tells of its confirmation, history, caught up and live events, in this order', async () => {
    const stream = freshStream();
    const history = await append(stream, 4);
    const followed = toStream(stream, START);
    await caughtUp(followed);
    const told = history.ids.map((event, revision) => ({ event, revision }));
    expect(followed.heard).toEqual(['confirmation', ...told, 'caughtUp']);
    const live = await append(stream, 2);
    await vi.waitFor(() => expect(followed.ids()).toEqual([...history.ids, ...live.ids]), generously);
    expect(followed.heard.filter((entry) => typeof entry === 'string')).toEqual(['confirmation', 'caughtUp']);
  });

  it('row 69: from a revision it starts after it, and goes on live', async () => {
    const stream = freshStream();
    await append(stream, 4);
    const followed = toStream(stream, 2n);
    await caughtUp(followed);
    expect(followed.revisions()).toEqual([3]);
    await append(stream, 1);
    await vi.waitFor(() => expect(followed.revisions()).toEqual([3, 4]), generously);
  });

  it('row 70: from revision 0 it starts with revision 1', async () => {
    const stream = freshStream();
    await append(stream, 3);
    const followed = toStream(stream, 0n);
    await caughtUp(followed);
    expect(followed.revisions()).toEqual([1, 2]);
  });

  it('row 71: from the end it has caught up at once and tells of later events only', async () => {
    const stream = freshStream();
    await append(stream, 4);
    const followed = toStream(stream, END);
    await caughtUp(followed);
    expect(followed.heard).toEqual(['confirmation', 'caughtUp']);
    await append(stream, 1);
    await vi.waitFor(() => expect(followed.revisions()).toEqual([4]), generously);
  });

  it('row 72: it waits for a stream that is absent', async () => {
    const stream = freshStream();
    const followed = toStream(stream, START);
    await caughtUp(followed);
    expect(followed.heard).toEqual(['confirmation', 'caughtUp']);
    await append(stream, 1);
    await vi.waitFor(() => expect(followed.revisions()).toEqual([0]), generously);
  });

  it('row 73: a tombstone is its last event, and then it fails', async () => {
    const stream = freshStream();
    await append(stream, 1);
    const subscription = target.client.subscribeToStream(stream, { fromRevision: END });
    const told: ResolvedEvent[] = [];
    subscription.on('data', (resolved) => told.push(resolved));
    const followed = following(subscription);
    await caughtUp(followed);
    await target.client.tombstoneStream(stream);
    await vi.waitFor(() => expect(followed.errors()).toHaveLength(1), generously);
    expect(followed.errors()[0]).toMatchObject({ constructor: StreamDeletedError, streamName: stream });
    expect(told.map(({ event }) => event)).toMatchObject([
      { type: '$streamDeleted', streamId: stream, revision: 9_223_372_036_854_775_807n, isJson: false },
    ]);
  });

  it('row 74: to a tombstoned stream it fails without a confirmation', async () => {
    const stream = freshStream();
    await append(stream, 1);
    await target.client.tombstoneStream(stream);
    const followed = toStream(stream, START);
    await vi.waitFor(() => expect(followed.errors()).toHaveLength(1), generously);
    expect(followed.heard).toEqual([{ error: expect.any(StreamDeletedError) }]);
  });

  it('row 75: it hears nothing of a deletion, and of the stream that comes back the next revision', async () => {
    const stream = freshStream();
    await append(stream, 2);
    const followed = toStream(stream, END);
    await caughtUp(followed);
    await target.client.deleteStream(stream);
    await append(stream, 1);
    await vi.waitFor(() => expect(followed.revisions()).toEqual([2]), generously);
    expect(followed.errors()).toEqual([]);
  });
});

describe('a subscription to $all', () => {
  it('row 76: from the position of an event it starts after it', async () => {
    const { ids, position } = await append(freshStream(), 1);
    const next = await append(freshStream(), 1);
    const followed = toAll(position);
    await vi.waitFor(() => expect(followed.ids()).toContain(next.ids[0]), generously);
    expect(followed.told([...ids, ...next.ids])).toEqual(next.ids);
  });

  it('row 77: it misses and repeats nothing while 1,000 events are appended', async () => {
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
      await vi.waitFor(() => expect(follower.told(expected)).toHaveLength(1_000), generously);
      expect(follower.told(expected)).toEqual(expected);
    }
  });

  it('row 87: without a filter it is sent no checkpoints', async () => {
    const { position } = await append(freshStream(), 1);
    const history = await append(freshStream(), 100);
    const proxy = await startRecordingProxy(target.address());
    const client = EventStoreDBClient.connectionString(`esdb://${proxy.address}?tls=false`);
    onTestFinished(() => client.dispose());
    const followed = following(client.subscribeToAll({ fromPosition: position }));
    await caughtUp(followed);
    const live = await append(freshStream(), 100);
    const ids = [...history.ids, ...live.ids];
    await vi.waitFor(() => expect(followed.told(ids)).toEqual(ids), generously);
    const sent = proxy.callsOf('Read').flatMap(readResponses);
    expect(sent.filter((response) => response.hasEvent()).length).toBeGreaterThanOrEqual(200);
    expect(sent.filter((response) => response.hasCheckpoint())).toEqual([]);
  });
});

describe('the end of a subscription', () => {
  it('row 78: it ends without an error when the client unsubscribes', async () => {
    const followed = follow(target.client.subscribeToAll({ fromPosition: END }));
    await caughtUp(followed);
    await followed.subscription.unsubscribe();
    await vi.waitFor(() => expect(followed.heard).toContain('end'), generously);
    expect(followed.errors()).toEqual([]);
  });

  it('row 89: two of one client are independent, and end without an error when it is disposed', async () => {
    const stream = freshStream();
    const client = target.connect();
    const subscribe = () => follow(client.subscribeToStream(stream));
    const [first, second, third] = [subscribe(), subscribe(), follow(client.subscribeToAll({ fromPosition: END }))];
    await Promise.all([first, second, third].map(caughtUp));
    await first.subscription.unsubscribe();
    await vi.waitFor(() => expect(first.heard).toContain('end'), generously);
    const { ids } = await append(stream, 1);
    for (const followed of [second, third]) {
      await vi.waitFor(() => expect(followed.told(ids)).toEqual(ids), generously);
    }
    expect(first.ids()).toEqual([]);
    await client.dispose();
    for (const followed of [second, third]) {
      await vi.waitFor(() => expect(followed.heard).toContain('end'), generously);
      expect(followed.errors()).toEqual([]);
    }
  });
});
