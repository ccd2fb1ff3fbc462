// Filtered subscriptions to $all, and their checkpoints.
import { randomUUID } from 'node:crypto';
import {
  END,
  eventTypeFilter,
  excludeSystemEvents,
  type Filter,
  type Position,
  type START,
  streamNameFilter,
} from '@eventstore/db-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkpointRecorder, type Followed, follow, type Heard } from './followed.ts';
import { type RunningStore, someEvents, startRunningStore } from './running-store.ts';

let running: RunningStore;
const open: Followed[] = [];
beforeAll(async () => {
  running = await startRunningStore();
});
afterEach(() => Promise.all(open.splice(0).map(({ subscription }) => subscription.unsubscribe())));
afterAll(() => running.stop());

const generously = { timeout: 20_000 };

type CheckpointReached = ReturnType<typeof checkpointRecorder>;
type Start = Position | typeof START | typeof END;

function filtered(fromPosition: Start, filterFor: (checkpointReached: CheckpointReached) => Filter): Followed {
  const heard: Heard[] = [];
  const filter = filterFor(checkpointRecorder(heard));
  const followed = follow(running.client.subscribeToAll({ fromPosition, filter }), heard);
  open.push(followed);
  return followed;
}

const caughtUp = (followed: Followed) => vi.waitUntil(followed.isCaughtUp, generously);

async function append(stream: string, count = 1, type = 'Happened') {
  const events = someEvents(count, type);
  const { position } = await running.client.appendToStream(stream, events);
  return { ids: events.map(({ id }) => id), position: position as Position };
}

/** Appends one by one, and returns the positions. */
async function appendSingly(prefix: string, count: number) {
  const positions: bigint[] = [];
  for (let index = 0; index < count; index += 1) {
    positions.push((await append(`${prefix}${randomUUID()}`)).position.commit);
  }
  return positions;
}

describe('the filter', () => {
  const run = randomUUID();

  it.each<[string, Filter, string[]]>([
    ['a stream prefix', streamNameFilter({ prefixes: [`${run}-a-`] }), ['a-1']],
    ['two stream prefixes', streamNameFilter({ prefixes: [`${run}-a-`, `${run}-b-`] }), ['a-1', 'b-1']],
    ['an anchored expression for streams', streamNameFilter({ regex: `^${run}-[ab]-` }), ['a-1', 'b-1']],
    ['an expression anywhere in a stream', streamNameFilter({ regex: `${run.slice(9)}-c` }), ['c-1']],
    ['a type prefix', eventTypeFilter({ prefixes: [`Type-${run}-A`] }), ['a-1']],
    ['an expression for types', eventTypeFilter({ regex: `^Type-${run}-[BC]` }), ['b-1', 'c-1']],
  ])('by %s holds for history and live events', async (_name, filter, names) => {
    const { position } = await append('marker');
    const written = new Map<string, string[]>();
    const appendAll = async () => {
      for (const name of ['a-1', 'b-1', 'c-1']) {
        const { ids } = await append(`${run}-${name}`, 1, `Type-${run}-${name.charAt(0).toUpperCase()}`);
        written.set(name, [...(written.get(name) ?? []), ...ids]);
      }
    };
    await appendAll();
    const followed = follow(running.client.subscribeToAll({ fromPosition: position, filter }));
    open.push(followed);
    await caughtUp(followed);
    await appendAll();
    const expected = names.flatMap((name) => written.get(name) ?? []).toSorted();
    await vi.waitFor(() => expect(followed.ids().toSorted()).toEqual(expected), generously);
  });

  it('of excludeSystemEvents hides system events', async () => {
    const { position } = await append('marker');
    await running.client.setStreamMetadata('somebody', { maxCount: 3 });
    const { ids } = await append('somebody');
    const followed = filtered(position, (checkpointReached) => excludeSystemEvents({ checkpointReached }));
    await caughtUp(followed);
    expect(followed.ids()).toEqual(ids);
  });
});

describe('checkpoints', () => {
  it('come before caught up when history held a match, and promise no more than was sent', async () => {
    const name = randomUUID();
    const { position } = await append('marker');
    await append(name, 3);
    const last = await append(name);
    await append('other', 5);
    const followed = filtered(position, (checkpointReached) =>
      streamNameFilter({ prefixes: [name], checkpointReached }),
    );
    await caughtUp(followed);
    expect(followed.heard.slice(-2)).toEqual([{ checkpoint: last.position.commit }, 'caughtUp']);
  });

  it('do not come before caught up without history', async () => {
    await append('other', 5);
    const followed = filtered(END, (checkpointReached) =>
      streamNameFilter({ prefixes: [randomUUID()], checkpointReached }),
    );
    await caughtUp(followed);
    expect(followed.heard).toEqual(['confirmation', 'caughtUp']);
  });

  it.each([
    ['32 events by default', { checkpointInterval: 1 }, 32],
    ['the interval times 32 events', { checkpointInterval: 2 }, 64],
    ['the window of the client', { checkpointInterval: 1, maxSearchWindow: 5 }, 5],
  ])('come after %s that did not match', async (_name, options, interval) => {
    const followed = filtered(END, (checkpointReached) =>
      streamNameFilter({ prefixes: [randomUUID()], checkpointReached, ...options }),
    );
    await caughtUp(followed);
    const before = await appendSingly('other-', interval - 1);
    expect(followed.checkpoints()).toEqual([]);
    const [due] = await appendSingly('other-', 1);
    await vi.waitFor(() => expect(followed.checkpoints()).toEqual([due]), generously);
    expect(due).toBeGreaterThan(before.at(-1) ?? 0n);
  });

  it('grow, and a subscriber that starts again at any of them misses and repeats nothing', async () => {
    const name = randomUUID();
    const { position } = await append('marker');
    const matching = (checkpointReached: CheckpointReached) =>
      streamNameFilter({ prefixes: [name], maxSearchWindow: 4, checkpointInterval: 1, checkpointReached });
    for (let index = 0; index < 10; index += 1) {
      await append(name, 3);
      await append('other', 2);
    }
    const followed = filtered(position, matching);
    await caughtUp(followed);
    await append(name, 9);
    await vi.waitFor(() => expect(followed.ids()).toHaveLength(39), generously);
    const checkpoints = followed.checkpoints();
    expect(checkpoints.length).toBeGreaterThan(10);
    expect(checkpoints).toEqual([...new Set(checkpoints)].toSorted((a, b) => Number(a - b)));

    for (const checkpoint of checkpoints) {
      const again = filtered({ commit: checkpoint, prepare: checkpoint }, matching);
      await caughtUp(again);
      const sentBefore = followed.heard.slice(
        0,
        followed.heard.findIndex((entry) => isCheckpoint(entry, checkpoint)),
      );
      const idsBefore = sentBefore.flatMap((entry) =>
        typeof entry === 'object' && 'event' in entry ? [entry.event] : [],
      );
      expect([...idsBefore, ...again.ids()]).toEqual(followed.ids());
    }
  });

  it("come six or seven times in EventStoreDB's own test of 384 events and an interval of 64", async () => {
    const { position } = await append('marker');
    await append('history', 8);
    const followed = filtered(position, (checkpointReached) =>
      excludeSystemEvents({ checkpointInterval: 2, checkpointReached }),
    );
    await caughtUp(followed);
    await append('live', 376);
    await vi.waitFor(() => expect(followed.ids()).toHaveLength(384), generously);
    expect([6, 7]).toContain(followed.checkpoints().length);
  });
});

const isCheckpoint = (entry: Heard, position: bigint) =>
  typeof entry === 'object' && 'checkpoint' in entry && entry.checkpoint === position;
