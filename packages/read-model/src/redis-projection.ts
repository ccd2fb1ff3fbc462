// The writing side of the read model. A batch of views, their indexes and the checkpoint move together, and only if the
// checkpoint is where the projector left it: a mismatch means a rival, or that Redis lost data. The views that the
// batch was applied to must be the same still, too: a Redis that fell back may show a checkpoint that it had before.
import type { Redis } from 'ioredis';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { Keyspace } from './keys.ts';
import type { OrderView } from './order-view.ts';
import { commitArguments, commitScript, type ViewChange } from './projection-commit.ts';
import { readViews } from './redis-order-queries.ts';

export type ProjectionCommit = {
  previous: Checkpoint | null;
  next: Checkpoint;
  changes: readonly ViewChange[];
};

export type Projection = {
  readCheckpoint: () => Promise<Checkpoint | null>;
  loadViews: (orderIds: readonly string[]) => Promise<Map<string, OrderView>>;
  /** `false` when the stored checkpoint is not `previous`, or a view not what it was: nothing was written. */
  commit: (commit: ProjectionCommit) => Promise<boolean>;
  /** Removes everything that was derived, the checkpoint last. `false` when the checkpoint changed meanwhile. */
  clear: (previous: Checkpoint | null) => Promise<boolean>;
};

const scanCount = 1_000;

const unlinkUnlessMoved = `
  if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
  for i = 2, #ARGV do redis.call('UNLINK', ARGV[i]) end
  return 1`;

type Scripts = {
  commitOrderViews: (checkpointKey: string, ...args: string[]) => Promise<number>;
  unlinkUnlessCheckpointMoved: (checkpointKey: string, ...args: string[]) => Promise<number>;
};

export function redisProjection(redis: Redis, keys: Keyspace): Projection {
  redis.defineCommand('commitOrderViews', { numberOfKeys: 1, lua: commitScript });
  redis.defineCommand('unlinkUnlessCheckpointMoved', { numberOfKeys: 1, lua: unlinkUnlessMoved });
  const scripts = redis as unknown as Scripts;

  async function loadViews(orderIds: readonly string[]) {
    const views = new Map<string, OrderView>();
    for (const view of await readViews(
      redis,
      keys,
      orderIds.map((id) => ({ id })),
    )) {
      if (view !== null) views.set(view.id, view);
    }
    return views;
  }

  async function commit({ previous, next, changes }: ProjectionCommit) {
    const args = [encodeCheckpoint(previous), encodeCheckpoint(next), ...commitArguments(keys, changes)];
    return (await scripts.commitOrderViews(keys.checkpoint, ...args)) === 1;
  }

  async function clear(previous: Checkpoint | null) {
    const unmoved = encodeCheckpoint(previous);
    // `view`: where views stood up to version 2.
    const families = ['order', 'view', 'status', 'account', 'instrument'].map((kind) => `${keys.prefix}:${kind}:*`);
    for (const match of [...families, keys.inDoubtSince, keys.allOrders]) {
      for await (const found of redis.scanStream({ match, count: scanCount }) as AsyncIterable<string[]>) {
        const removed = await scripts.unlinkUnlessCheckpointMoved(keys.checkpoint, unmoved, ...found);
        if (removed !== 1) return false;
      }
    }
    return (await scripts.unlinkUnlessCheckpointMoved(keys.checkpoint, unmoved, keys.checkpoint)) === 1;
  }

  return {
    readCheckpoint: async () => decodeCheckpoint((await redis.get(keys.checkpoint)) ?? ''),
    loadViews,
    commit,
    clear,
  };
}
