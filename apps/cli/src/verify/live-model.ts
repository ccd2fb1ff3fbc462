// The read model as a command sees it: the Redis that holds it, shard by shard, and the checkpoint of the generation
// that is live. What a command may conclude of it rests on that checkpoint, so it is looked at again whenever something
// was read.
import type { EventStoreDBClient } from '@eventstore/db-client';
import { ConfigError, type Environment, readConfig } from '@orders/config/read-config';
import { redisSettings, servedShardSettings } from '@orders/config/settings';
import { withinMs } from '@orders/order-store/deadline';
import type { OrderShard } from '@orders/order-store/order-shard';
import { isLater, type LogPosition } from '@orders/order-store/order-store';
import { readIdentity } from '@orders/order-store/store-identity';
import { type Checkpoint, decodeCheckpoint } from '@orders/read-model/checkpoint';
import { type Keyspace, keyspace } from '@orders/read-model/keys';
import { currentViewVersion } from '@orders/read-model/order-view';
import { failFast } from '@orders/redis/connection-profiles';
import { openRedis } from '@orders/redis/open-redis';
import { type ShardHome, servedHomes } from '@orders/redis/shard-homes';
import type { Redis } from 'ioredis';
import { Type } from 'typebox';
import type { CommandContext } from '../command-context.ts';
import { type Setting, settingOf } from '../command-settings.ts';
import { askEventStore } from '../event-store.ts';
import { UnreachableError, UnusableInputError } from '../failures.ts';

const urlSetting: Setting = {
  variable: 'REDIS_URL',
  option: '--redis',
  schema: redisSettings.REDIS_URL,
  meaning: 'a URL such as redis://127.0.0.1:6390',
};
const tagSetting: Setting = {
  variable: 'REDIS_KEY_TAG',
  option: 'REDIS_KEY_TAG',
  schema: redisSettings.REDIS_KEY_TAG,
  meaning: 'a small letter, then small letters, digits and dashes',
};
const shardsSetting: Setting = {
  variable: 'SHARDS',
  option: 'SHARDS',
  schema: Type.String({ pattern: `^(${redisSettings.SHARDS.enum.join('|')})$`, default: '1' }),
  meaning: `one of ${redisSettings.SHARDS.enum.join(', ')}`,
};

const answerWithinMs = 10_000;
// Nobody waits for one of so many answers: a Redis that is held up for moments is no reason to begin anew.
const profile = { ...failFast, commandTimeout: 15_000 };

export const redisOption = ['--redis <url>', 'Redis of the read model (REDIS_URL, redis://127.0.0.1:6390)'] as const;

export type RedisFlags = { redis?: string };

/** `keys`: of whichever generation; ask for that of a checkpoint. */
export type ModelHome = { redis: Redis; keys: Keyspace; shard: OrderShard };

/** What a command was asked for makes no sense now, or came to nothing. */
export class NotDoneError extends Error {
  override readonly name = 'NotDoneError';
}

/**
 * What `use` has to say of the read model of each shard, or of those of `SHARDS_SERVED`, one after the other; connected
 * to its Redis while it runs. Throws `UnreachableError` when Redis does not answer within moments.
 */
export async function* eachReadModel<T>(
  flags: RedisFlags,
  { env }: Pick<CommandContext, 'env'>,
  use: (home: ModelHome) => Promise<T>,
): AsyncGenerator<T, void, void> {
  for (const home of homesOf(flags, env)) yield await withReadModel(home, use);
}

function homesOf(flags: RedisFlags, env: Environment): ShardHome[] {
  const REDIS_URL = settingOf(urlSetting, flags.redis, env);
  const REDIS_KEY_TAG = settingOf(tagSetting, undefined, env);
  const SHARDS = settingOf(shardsSetting, undefined, env);
  try {
    return servedHomes({ REDIS_URL, REDIS_KEY_TAG, SHARDS, ...servedShards(env) });
  } catch (error) {
    throw error instanceof ConfigError ? new UnusableInputError(error.message) : error;
  }
}

async function withReadModel<T>({ url, tag, shard }: ShardHome, use: (home: ModelHome) => Promise<T>): Promise<T> {
  const keys = keyspace(tag);
  const steps: (() => unknown)[] = [];
  const { promise: refused, reject } = Promise.withResolvers<never>();
  const log = { warn: ({ err }: { err?: unknown }) => reject(new UnreachableError('Redis', err)) };
  const redis = openRedis({ url, profile, log, onStop: (_name, step) => void steps.push(step) });
  try {
    const ready = new Promise<void>((resolve) => void redis.once('ready', resolve));
    await askRedis(() => withinMs(answerWithinMs, Promise.race([ready, refused])));
    refused.catch(() => undefined);
    return await use({ redis, keys, shard });
  } finally {
    for (const step of steps) step();
  }
}

/** Whatever fails in there is the fault of Redis. Throws `NotDoneError` when all that it lacks is memory. */
export async function askRedis<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof NotDoneError || error instanceof UnreachableError) throw error;
    if (error instanceof Error && /\bOOM\b/.test(error.message)) throw new NotDoneError('Redis has no memory left');
    throw new UnreachableError('Redis', error);
  }
}

/** The name of the event store. Throws {@link NotDoneError} when it has none: no projector has ever read it. */
export async function storeIdOf(client: EventStoreDBClient): Promise<string> {
  const storeId = await askEventStore(() => withinMs(answerWithinMs, readIdentity(client)));
  if (storeId === null) throw new NotDoneError('no projector has ever followed this event store: nothing stands in it');
  return storeId;
}

/** Of a complete read model of this event store. Throws {@link NotDoneError} when there is none. */
export async function liveCheckpoint({ redis, keys }: ModelHome, storeId: string): Promise<Checkpoint> {
  const checkpoint = decodeCheckpoint((await askRedis(() => redis.get(keys.checkpoint))) ?? '');
  return usable(checkpoint, storeId);
}

export function usable(checkpoint: Checkpoint | null, storeId: string): Checkpoint {
  if (checkpoint === null)
    throw new NotDoneError('there is no read model in this Redis: a projector builds it when it starts');
  if (checkpoint.storeId !== storeId) throw new NotDoneError('the read model belongs to another event store');
  if (checkpoint.viewVersion !== currentViewVersion) {
    const [theirs, ours] = [checkpoint.viewVersion, currentViewVersion];
    throw new NotDoneError(`the read model holds views of version ${theirs}, and this command knows version ${ours}`);
  }
  if (checkpoint.phase !== 'live') throw new NotDoneError('a projector is building the read model: wait for its end');
  return checkpoint;
}

/** Of what was read at one moment: still the same generation, and no further back than `position`. */
export function stillLive(checkpoint: Checkpoint | null, before: Checkpoint, position: LogPosition | null): void {
  const now = usable(checkpoint, before.storeId);
  if (now.generation !== before.generation)
    throw new NotDoneError('another generation of the read model went live meanwhile');
  if (isLater(position, now.position)) throw new NotDoneError('the read model fell back to an older state meanwhile');
}

const servedShards = (env: Environment) => readConfig(Type.Object(servedShardSettings), env);

/** What stands before or behind words about a shard; nothing when there is only one. */
export const shardWords = ({ index, of }: OrderShard, before: string, after: string): string =>
  of === 1 ? '' : `${before}shard ${index} of ${of}${after}`;
