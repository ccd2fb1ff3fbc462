import { ConfigError } from '@orders/config/read-config';
import { shardCounts } from '@orders/order-store/order-shard';
import { describe, expect, it } from 'vitest';
import { servedHomes, shardHomes } from './shard-homes.ts';

const one = { REDIS_URL: 'redis://a:6379', REDIS_KEY_TAG: 'orders', SHARDS: '1' };

describe('shardHomes', () => {
  it('leaves a gateway without shards where it has always been', () =>
    expect(shardHomes(one)).toEqual([{ shard: { index: 0, of: 1 }, url: 'redis://a:6379', tag: 'orders' }]));

  it('deals the shards out over the servers in turn', () => {
    const homes = shardHomes({ ...one, REDIS_URL: ' redis://a  redis://b\n', SHARDS: '4' });
    expect(homes.map(({ url }) => url)).toEqual(['redis://a', 'redis://b', 'redis://a', 'redis://b']);
    expect(homes.map(({ shard }) => shard.index)).toEqual([0, 1, 2, 3]);
  });

  it('gives no two shards the same tag, whatever their number and the tag of the gateway', () => {
    const tags = ['orders', 'orders-0'].flatMap((REDIS_KEY_TAG) =>
      shardCounts.flatMap((of) => shardHomes({ ...one, REDIS_KEY_TAG, SHARDS: String(of) }).map(({ tag }) => tag)),
    );
    expect(new Set(tags).size).toBe(2 * shardCounts.reduce<number>((sum, of) => sum + of, 0));
  });

  it('refuses servers that would stay empty', () =>
    expect(() => shardHomes({ ...one, REDIS_URL: 'redis://:s3cret@a redis://b' })).toThrow(
      new ConfigError('REDIS_URL names 2 servers, and SHARDS is 1: some would stay empty'),
    ));

  it('refuses a number of shards that sixteen digits cannot be dealt out to', () =>
    expect(() => shardHomes({ ...one, SHARDS: '3' })).toThrow(ConfigError));
});

describe('servedHomes', () => {
  const four = { ...one, SHARDS: '4' };

  it('are all of them, unless stated', () => expect(servedHomes(four)).toHaveLength(4));

  it('are those that are named, each once', () =>
    expect(servedHomes({ ...four, SHARDS_SERVED: '3,0,3' }).map(({ shard }) => shard.index)).toEqual([3, 0]));

  it('refuses one that does not exist, in a line that says which there are', () =>
    expect(() => servedHomes({ ...four, SHARDS_SERVED: '1,4' })).toThrow(
      new ConfigError('SHARDS_SERVED names 4, and the last of 4 shards is 3'),
    ));
});
