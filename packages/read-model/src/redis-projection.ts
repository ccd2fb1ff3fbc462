// The writing side of the read model. A batch of views, their indexes and the checkpoint move together, and only if the
// checkpoint is where the projector left it: a mismatch means a rival, or that Redis lost data. The views that the
// batch was applied to must be the same still, too: a Redis that fell back may show a checkpoint that it had before.
import type { Redis } from 'ioredis';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { derivedKey, type Keyspace } from './keys.ts';
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
  /** Of the generation that the checkpoint names. */
  loadViews: (orderIds: readonly string[], generation: string) => Promise<Map<string, OrderView>>;
  /**
   * Into the generation of `next`. `false` when the stored checkpoint is not `previous`, or a view not what it was:
   * nothing was written.
   */
  commit: (commit: ProjectionCommit) => Promise<boolean>;
  /**
   * Removes everything that was derived, in every generation, the checkpoint last. `false` when the checkpoint changed
   * meanwhile.
   */
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

/** Over `checkpointKey`, which is that of the live generation unless another one is being built beside it. */
export function redisProjection(redis: Redis, keys: Keyspace, checkpointKey = keys.checkpoint): Projection {
  redis.defineCommand('commitOrderViews', { numberOfKeys: 1, lua: commitScript });
  redis.defineCommand('unlinkUnlessCheckpointMoved', { numberOfKeys: 1, lua: unlinkUnlessMoved });
  const scripts = redis as unknown as Scripts;

  async function loadViews(orderIds: readonly string[], generation: string) {
    const entries = orderIds.map((id) => ({ id }));
    const views = await readViews(redis, keys.of(generation), entries);
    return new Map(views.flatMap((view) => (view === null ? [] : [[view.id, view] as const])));
  }

  async function commit({ previous, next, changes }: ProjectionCommit) {
    const commands = commitArguments(keys.of(next.generation), changes);
    const args = [encodeCheckpoint(previous), encodeCheckpoint(next), ...commands];
    return (await scripts.commitOrderViews(checkpointKey, ...args)) === 1;
  }

  async function clear(previous: Checkpoint | null) {
    const unmoved = encodeCheckpoint(previous);
    const unlink = async (found: readonly string[]) =>
      (await scripts.unlinkUnlessCheckpointMoved(checkpointKey, unmoved, ...found)) === 1;
    // Whoever builds a generation cannot go on without its checkpoint: after that, nobody adds to what is removed.
    for (const isRemoved of [isBuildCheckpoint, isDerived]) {
      for await (const page of scanKeys(redis, keys)) {
        const found = page.filter((key) => isRemoved(keys, key));
        if (found.length > 0 && !(await unlink(found))) return false;
      }
    }
    return unlink([checkpointKey]);
  }

  return {
    readCheckpoint: async () => decodeCheckpoint((await redis.get(checkpointKey)) ?? ''),
    loadViews,
    commit,
    clear,
  };
}

const isDerived = (keys: Keyspace, key: string): boolean => derivedKey(keys, key) !== null;
const isBuildCheckpoint = (keys: Keyspace, key: string): boolean => derivedKey(keys, key)?.kind === 'build';

/** Pages of all keys of the gateway, of which one may come twice. */
export function scanKeys(redis: Redis, { prefix }: Keyspace): AsyncIterable<string[]> {
  return redis.scanStream({ match: `${prefix}:*`, count: scanCount }) as AsyncIterable<string[]>;
}
