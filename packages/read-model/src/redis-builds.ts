// Building a generation of the read model beside the live one, and making it the live one. At most one is built at a
// time, which a lease sees to; that nothing goes wrong when it fails to, the checkpoints do: what is built has one of
// its own, without which nothing is added to it, and it goes live only by a comparison of both.
import type { Redis } from 'ioredis';
import { type Checkpoint, encodeCheckpoint, generationIn } from './checkpoint.ts';
import { derivedKey, type Keyspace } from './keys.ts';
import { scanKeys } from './redis-projection.ts';

export type Claim = { kind: 'claimed' } | { kind: 'taken'; leaseLeftMs: number };
export type Switch = 'switched' | 'live checkpoint moved' | 'build lost';

const claimScript = `
  if redis.call('EXISTS', KEYS[1]) == 1 then return math.max(redis.call('PTTL', KEYS[1]), 0) end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  redis.call('SET', KEYS[2], ARGV[3])
  return -1`;

// A lease that ran out is taken again if nobody else has: the checkpoint of the build tells whether that is too late.
const renewScript = `
  local holder = redis.call('GET', KEYS[1])
  if holder and holder ~= ARGV[1] then return 0 end
  if holder then redis.call('PEXPIRE', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
  return 1`;

const releaseScript = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
  return 1`;

const switchScript = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
  if redis.call('GET', KEYS[3]) ~= ARGV[3] then return 1 end
  redis.call('SET', KEYS[3], ARGV[4])
  redis.call('DEL', KEYS[2])
  return 2`;

// The generation is the fifth of what a checkpoint holds.
const removeScript = `
  local text = redis.call('GET', KEYS[2])
  local live = text and cjson.decode(text)[5] or ''
  if redis.call('GET', KEYS[1]) ~= ARGV[1] or live ~= ARGV[2] then return 0 end
  for i = 3, #ARGV do redis.call('UNLINK', ARGV[i]) end
  return 1`;

type Scripts = {
  claimModelBuild: (lease: string, build: string, ...args: string[]) => Promise<number>;
  renewModelBuild: (lease: string, ...args: string[]) => Promise<number>;
  releaseModelBuild: (lease: string, holder: string) => Promise<number>;
  switchModel: (lease: string, build: string, live: string, ...args: string[]) => Promise<number>;
  removeModelKeys: (lease: string, live: string, ...args: string[]) => Promise<number>;
};

export type Builds = {
  /** Takes the lease, and writes the checkpoint that the build begins with. */
  claim: (start: Checkpoint, leaseMs: number) => Promise<Claim>;
  /** `false` when another build has the lease. */
  renew: (generation: string, leaseMs: number) => Promise<boolean>;
  release: (generation: string) => Promise<void>;
  /** Makes the generation of `built` the live one, where the live checkpoint is still `live`. */
  switchTo: (built: Checkpoint, live: Checkpoint) => Promise<Switch>;
  /**
   * Removes the generations that are `isRemoved`, never the live one, while `holder` has the lease; `false` when it
   * has not, or when another generation went live meanwhile.
   */
  remove: (holder: string, isRemoved: (generation: string) => boolean) => Promise<boolean>;
};

export function redisBuilds(redis: Redis, keys: Keyspace): Builds {
  redis.defineCommand('claimModelBuild', { numberOfKeys: 2, lua: claimScript });
  redis.defineCommand('renewModelBuild', { numberOfKeys: 1, lua: renewScript });
  redis.defineCommand('releaseModelBuild', { numberOfKeys: 1, lua: releaseScript });
  redis.defineCommand('switchModel', { numberOfKeys: 3, lua: switchScript });
  redis.defineCommand('removeModelKeys', { numberOfKeys: 2, lua: removeScript });
  const scripts = redis as unknown as Scripts;
  const { buildLease, checkpoint } = keys;
  const buildOf = (generation: string) => keys.of(generation).buildCheckpoint;

  async function remove(holder: string, isRemoved: (generation: string) => boolean): Promise<boolean> {
    const live = generationIn(await redis.get(checkpoint));
    // Without its checkpoint, what somebody still believes to be building cannot grow while it is removed.
    for (const isTurn of [isBuild, () => true]) {
      for await (const page of scanKeys(redis, keys)) {
        const found = page.filter((key) => {
          const derived = derivedKey(keys, key);
          return derived !== null && derived.generation !== live && isRemoved(derived.generation) && isTurn(derived);
        });
        if (found.length === 0) continue;
        if ((await scripts.removeModelKeys(buildLease, checkpoint, holder, live, ...found)) !== 1) return false;
      }
    }
    return true;
  }

  return {
    claim: async (start, leaseMs) => {
      const { generation } = start;
      const args = [generation, String(leaseMs), encodeCheckpoint(start)];
      const leaseLeftMs = await scripts.claimModelBuild(buildLease, buildOf(generation), ...args);
      return leaseLeftMs < 0 ? { kind: 'claimed' } : { kind: 'taken', leaseLeftMs };
    },
    renew: async (generation, leaseMs) =>
      (await scripts.renewModelBuild(buildLease, generation, String(leaseMs))) === 1,
    release: async (generation) => void (await scripts.releaseModelBuild(buildLease, generation)),
    switchTo: async (built, live) => {
      const args = [built.generation, encodeCheckpoint(built), encodeCheckpoint(live)];
      const next = encodeCheckpoint({ ...built, phase: 'live' });
      const ended = await scripts.switchModel(buildLease, buildOf(built.generation), checkpoint, ...args, next);
      return ended === 2 ? 'switched' : ended === 1 ? 'live checkpoint moved' : 'build lost';
    },
    remove,
  };
}

const isBuild = ({ kind }: { kind: string }): boolean => kind === 'build';
