// The writing side of the read model. A batch of views, their indexes and the checkpoint move together, and only if the
// checkpoint is where the projector left it: a mismatch means a rival, or that Redis lost data. The views that the
// batch was applied to must be the same still, too: a Redis that fell back may show a checkpoint that it had before.
import type { Redis } from 'ioredis';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { Keyspace } from './keys.ts';
import type { OrderView } from './order-view.ts';
import { readViews } from './redis-order-queries.ts';

export type ProjectionCommit = {
  previous: Checkpoint | null;
  next: Checkpoint;
  views: readonly OrderView[];
  /** What had been read of the orders in question: the revisions of their views, `null` where there was none. */
  basis?: readonly ViewRevision[];
};
export type ViewRevision = { id: string; revision: number | null };

export type Projection = {
  readCheckpoint: () => Promise<Checkpoint | null>;
  loadViews: (orderIds: readonly string[]) => Promise<Map<string, OrderView>>;
  /** `false` when the stored checkpoint is not `previous`, or a view not what it was: nothing was written. */
  commit: (commit: ProjectionCommit) => Promise<boolean>;
  /** Removes everything that was derived, the checkpoint last. `false` when the checkpoint changed meanwhile. */
  clear: (previous: Checkpoint | null) => Promise<boolean>;
};

const scanCount = 1_000;

// The number of views that were read, and of each: id, revision or nothing. Then of each view that is written: id,
// revision, status, placed at (ms), account, instrument, in doubt since (ms) or nothing, JSON.
const commitViews = `
  if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
  local prefix = ARGV[3]
  local first = 5 + 2 * tonumber(ARGV[4])
  for i = 5, first - 1, 2 do
    if (redis.call('HGET', prefix .. ':view:' .. ARGV[i], 'revision') or '') ~= ARGV[i + 1] then return 0 end
  end
  for i = first, #ARGV, 8 do
    local id, revision, status, placed_at = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    local key = prefix .. ':view:' .. id
    local stored = redis.call('HMGET', key, 'revision', 'status')
    if not stored[1] or tonumber(stored[1]) < tonumber(revision) then
      redis.call('HSET', key, 'revision', revision, 'status', status, 'view', ARGV[i + 7])
      if not stored[1] then
        redis.call('ZADD', prefix .. ':all', placed_at, id)
        redis.call('ZADD', prefix .. ':account:' .. ARGV[i + 4], placed_at, id)
        redis.call('ZADD', prefix .. ':instrument:' .. ARGV[i + 5], placed_at, id)
      end
      if stored[2] ~= status then
        if stored[2] then redis.call('ZREM', prefix .. ':status:' .. stored[2], id) end
        redis.call('ZADD', prefix .. ':status:' .. status, placed_at, id)
      end
      if ARGV[i + 6] ~= '' then redis.call('ZADD', prefix .. ':in-doubt-since', ARGV[i + 6], id)
      elseif stored[2] == 'in_doubt' then redis.call('ZREM', prefix .. ':in-doubt-since', id) end
    end
  end
  redis.call('SET', KEYS[1], ARGV[2])
  return 1`;

const unlinkUnlessMoved = `
  if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
  for i = 2, #ARGV do redis.call('UNLINK', ARGV[i]) end
  return 1`;

type Scripts = {
  commitOrderViews: (checkpointKey: string, ...args: string[]) => Promise<number>;
  unlinkUnlessCheckpointMoved: (checkpointKey: string, ...args: string[]) => Promise<number>;
};

export function redisProjection(redis: Redis, keys: Keyspace): Projection {
  redis.defineCommand('commitOrderViews', { numberOfKeys: 1, lua: commitViews });
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

  async function commit({ previous, next, views, basis = [] }: ProjectionCommit) {
    const read = basis.flatMap(({ id, revision }) => [id, revision === null ? '' : String(revision)]);
    const args = [encodeCheckpoint(previous), encodeCheckpoint(next), keys.prefix, String(basis.length), ...read];
    args.push(...views.flatMap(viewArguments));
    return (await scripts.commitOrderViews(keys.checkpoint, ...args)) === 1;
  }

  async function clear(previous: Checkpoint | null) {
    const unmoved = encodeCheckpoint(previous);
    const families = ['view', 'status', 'account', 'instrument'].map((kind) => `${keys.prefix}:${kind}:*`);
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

function viewArguments(view: OrderView): string[] {
  const placedAt = String(Date.parse(view.created_at));
  const inDoubtSince = view.in_doubt_since === null ? '' : String(Date.parse(view.in_doubt_since));
  const { id, revision, status, account_id, instrument } = view;
  return [id, String(revision), status, placedAt, account_id, instrument, inDoubtSince, JSON.stringify(view)];
}
