// Where in Redis each shard of the orders stands: which server, and under which hash tag. All keys of a shard share
// that tag, so a shard is what one script, one Redis and one node of a cluster can carry; another number of shards is
// another set of tags, which is built again from the log.
import { ConfigError } from '@orders/config/read-config';
import { type OrderShard, type ShardCount, shardCounts } from '@orders/order-store/order-shard';

export type ShardHome = { shard: OrderShard; url: string; tag: string };

type ShardSettings = {
  REDIS_URL: string;
  REDIS_KEY_TAG: string;
  SHARDS: string;
  SHARDS_SERVED?: string | undefined;
};

/** Of all shards. Throws `ConfigError` when there are more addresses than shards. */
export function shardHomes({ REDIS_URL, REDIS_KEY_TAG, SHARDS }: Omit<ShardSettings, 'SHARDS_SERVED'>): ShardHome[] {
  const of = shardCount(SHARDS);
  const urls = REDIS_URL.split(/\s+/).filter((url) => url !== '');
  if (urls.length > of)
    throw new ConfigError(`REDIS_URL names ${urls.length} servers, and SHARDS is ${of}: some would stay empty`);
  return Array.from({ length: of }, (_, index) => ({
    shard: { index, of },
    url: urls[index % urls.length] ?? '',
    tag: of === 1 ? REDIS_KEY_TAG : `${REDIS_KEY_TAG}/${index}-of-${of}`,
  }));
}

/** Of the shards that this process looks after. Throws `ConfigError` as well when `SHARDS_SERVED` names others. */
export function servedHomes({ SHARDS_SERVED, ...settings }: ShardSettings): ShardHome[] {
  const homes = shardHomes(settings);
  if (SHARDS_SERVED === undefined) return homes;
  return [...new Set(SHARDS_SERVED.split(','))].map((index) => {
    const home = homes[Number(index)];
    if (home === undefined)
      throw new ConfigError(
        `SHARDS_SERVED names ${index}, and the last of ${homes.length} shards is ${homes.length - 1}`,
      );
    return home;
  });
}

function shardCount(setting: string): ShardCount {
  const count = shardCounts.find((known) => String(known) === setting);
  if (count === undefined)
    throw new ConfigError(`SHARDS has to be one of ${shardCounts.join(', ')}, and is ${setting}`);
  return count;
}
