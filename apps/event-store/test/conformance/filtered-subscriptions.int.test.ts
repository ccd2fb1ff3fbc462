// Rows 79 to 86 and 88: filtered subscriptions to $all, and their checkpoints.
import { randomUUID } from 'node:crypto';
import {
  END,
  eventTypeFilter,
  excludeSystemEvents,
  type Filter,
  type Position,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { caughtUp, checkpointRecorder, type Followed, following, generously, type Heard } from '../followed.ts';
import { someEvents } from '../running-store.ts';
import { isEmbedded, startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

type CheckpointReached = ReturnType<typeof checkpointRecorder>;
type Start = Position | typeof START | typeof END;

function filtered(fromPosition: Start, filterFor: (checkpointReached: CheckpointReached) => Filter): Followed {
  const heard: Heard[] = [];
  const filter = filterFor(checkpointRecorder(heard));
  return following(target.client.subscribeToAll({ fromPosition, filter }), heard);
}

async function append(stream: string, count = 1, type = 'Happened') {
  const events = someEvents(count, type);
  const { position } = await target.client.appendToStream(stream, events);
  return { ids: events.map(({ id }) => id), position: position as Position };
}

/** Appends events that no filter here matches, one by one, and returns their commit positions. */
async function appendOthers(count: number): Promise<bigint[]> {
  const positions: bigint[] = [];
  for (let index = 0; index < count; index += 1) {
    positions.push((await append(`other-${randomUUID()}`)).position.commit);
  }
  return positions;
}

type Expected = readonly (readonly [Filter, readonly string[]])[];

/** Holds each filter to the names of what it must let through, from history and from what is appended live. */
async function expectFiltered(run: string, expected: Expected): Promise<void> {
  const { position } = await append(`marker-${run}`);
  const written = new Map<string, string[]>();
  const appendAll = async () => {
    for (const name of ['order-1', 'order-g', 'other-1']) {
      const { ids } = await append(`${run}-${name}`, 1, `Type-${run}-${name}`);
      written.set(name, [...(written.get(name) ?? []), ...ids]);
    }
  };
  await appendAll();
  const followers = expected.map(([filter]) =>
    following(target.client.subscribeToAll({ fromPosition: position, filter })),
  );
  await Promise.all(followers.map(caughtUp));
  await appendAll();
  for (const [index, [, names]] of expected.entries()) {
    const ids = names.flatMap((name) => written.get(name) ?? []).toSorted();
    await vi.waitFor(() => expect(followers[index]?.ids().toSorted()).toEqual(ids), generously);
  }
}

describe('the filter', () => {
  it('row 79: it lets streams through by prefixes or an expression', async () => {
    const run = randomUUID();
    await expectFiltered(run, [
      [streamNameFilter({ prefixes: [`${run}-order-`] }), ['order-1', 'order-g']],
      [streamNameFilter({ prefixes: [`${run}-order-`, `${run}-other-`] }), ['order-1', 'order-g', 'other-1']],
      [streamNameFilter({ regex: `^${run}-order-[0-9a-f]` }), ['order-1']],
      [streamNameFilter({ regex: `${run.slice(9)}-order-` }), ['order-1', 'order-g']],
      [streamNameFilter({ regex: `^${run.slice(9)}-order-` }), []],
    ]);
  });

  it('row 80: it lets types through by prefixes or an expression, and can exclude system events', async () => {
    const run = randomUUID();
    await expectFiltered(run, [
      [eventTypeFilter({ prefixes: [`Type-${run}-order-`] }), ['order-1', 'order-g']],
      [eventTypeFilter({ prefixes: [`Type-${run}-order-1`, `Type-${run}-ot`] }), ['order-1', 'other-1']],
      [eventTypeFilter({ regex: `^Type-${run}-order-[0-9a-f]` }), ['order-1']],
      [eventTypeFilter({ regex: `${run}-o[a-z]+-1$` }), ['order-1', 'other-1']],
    ]);
    const { position } = await append(`marker-${run}`);
    await target.client.setStreamMetadata(run, { maxCount: 3 });
    const { ids } = await append(run);
    const subscription = target.client.subscribeToAll({ fromPosition: position, filter: excludeSystemEvents() });
    const types: string[] = [];
    subscription.on('data', ({ event }) => types.push(event?.type ?? ''));
    const followed = following(subscription);
    await vi.waitFor(() => expect(followed.told(ids)).toEqual(ids), generously);
    expect(types.filter((type) => type.startsWith('$'))).toEqual([]);
  });
});

describe('checkpoints', () => {
  const toNothing = (checkpointReached: CheckpointReached, options: object = {}) =>
    streamNameFilter({ prefixes: [randomUUID()], checkpointReached, ...options });

  it('row 81: history that held a match ends with a checkpoint', async () => {
    const name = randomUUID();
    const history = await append(name, 4);
    const followed = filtered(START, (checkpointReached) => streamNameFilter({ prefixes: [name], checkpointReached }));
    await caughtUp(followed);
    const beforeCaughtUp = followed.heard.slice(0, followed.heard.indexOf('caughtUp'));
    expect(beforeCaughtUp).toContainEqual({ checkpoint: expect.anything() });
    const live = await append(name, 2);
    await vi.waitFor(() => expect(followed.ids()).toEqual([...history.ids, ...live.ids]), generously);
  });

  /** Of events that others append no count is known: then it is only certain that a checkpoint comes. */
  async function expectCheckpointAfter(interval: number, options: object): Promise<void> {
    const followed = filtered(END, (checkpointReached) => toNothing(checkpointReached, options));
    await caughtUp(followed);
    const [first, ...before] = await appendOthers(interval - 1);
    if (isEmbedded) expect(followed.commits()).toEqual([]);
    const [due] = await appendOthers(1);
    const reached = () => followed.commits().filter((commit) => commit >= (first ?? 0n));
    await vi.waitFor(() => expect(reached().length).toBeGreaterThan(0), generously);
    if (isEmbedded) expect(followed.commits()).toEqual([due]);
    expect(due).toBeGreaterThan(before.at(-1) ?? 0n);
  }

  it('row 82: one comes for every 32 live events that do not match', async () => {
    await expectCheckpointAfter(32, { checkpointInterval: 1 });
  });

  it('row 83: the interval multiplies the 32 events, and the search window replaces them', async () => {
    await expectCheckpointAfter(64, { checkpointInterval: 2 });
    await expectCheckpointAfter(5, { checkpointInterval: 1, maxSearchWindow: 5 });
  });

  /** A subscriber that was told of 39 events, partly from history and partly live, and of checkpoints in between. */
  async function followedThroughCheckpoints() {
    const name = randomUUID();
    const matching = (checkpointReached: CheckpointReached) =>
      streamNameFilter({ prefixes: [name], maxSearchWindow: 4, checkpointInterval: 1, checkpointReached });
    const { position } = await append(`marker-${name}`);
    for (let index = 0; index < 10; index += 1) {
      await append(name, 3);
      await appendOthers(2);
    }
    const followed = filtered(position, matching);
    await caughtUp(followed);
    await append(name, 9);
    await vi.waitFor(() => expect(followed.ids()).toHaveLength(39), generously);
    return { followed, matching };
  }

  it('row 84: who subscribes again from a checkpoint misses and repeats nothing', async () => {
    const { followed, matching } = await followedThroughCheckpoints();
    expect(followed.checkpoints().length).toBeGreaterThan(1);
    let idsBefore: string[] = [];
    for (const entry of followed.heard.slice()) {
      if (typeof entry === 'string' || 'error' in entry) continue;
      if ('event' in entry) {
        idsBefore = [...idsBefore, entry.event];
        continue;
      }
      const again = filtered(entry.checkpoint, matching);
      await vi.waitFor(() => expect([...idsBefore, ...again.ids()]).toEqual(followed.ids()), generously);
      await again.subscription.unsubscribe();
    }
  });

  it('row 85: they grow from one to the next', async () => {
    const { followed } = await followedThroughCheckpoints();
    const checkpoints = followed.checkpoints();
    expect(checkpoints.length).toBeGreaterThan(1);
    for (const [index, { commit, prepare }] of checkpoints.slice(1).entries()) {
      const previous = checkpoints[index] as Position;
      expect(commit > previous.commit || (commit === previous.commit && prepare > previous.prepare)).toBe(true);
    }
  });

  it('row 86: none comes before caught up from the end', async () => {
    await appendOthers(5);
    const followed = filtered(END, toNothing);
    await caughtUp(followed);
    expect(followed.heard.slice(0, 2)).toEqual(['confirmation', 'caughtUp']);
  });

  it('row 88: six or seven come for 384 events and an interval of 64', async () => {
    const name = randomUUID();
    const { position } = await append(`marker-${name}`);
    const history = await append(name, 8);
    const followed = filtered(position, (checkpointReached) =>
      excludeSystemEvents({ checkpointInterval: 2, checkpointReached }),
    );
    await caughtUp(followed);
    const live = await append(name, 376);
    const ids = [...history.ids, ...live.ids];
    await vi.waitFor(() => expect(followed.told(ids)).toEqual(ids), generously);
    const count = followed.checkpoints().length;
    expect(count).toBeGreaterThanOrEqual(6);
    if (isEmbedded) expect(count).toBeLessThanOrEqual(7);
  });
});
