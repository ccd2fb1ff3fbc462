// Finds what the read model has too much: orders that the log does not know, and entries of orders in indexes where
// they do not belong. The sizes of the indexes tell nearly always that there is none, without a look at their entries:
// once every order was found where it belongs, an index that is as large as it should be holds nothing else.
import { orderStatuses } from '@orders/domain/order-types';
import { derivedKey, indexNames, type Keyspace } from '@orders/read-model/keys';
import { sharedIndexes } from '@orders/read-model/model-indexes';
import { readAtOneMoment } from '@orders/read-model/one-moment';
import { scanKeys } from '@orders/read-model/redis-projection';
import type { Redis } from 'ioredis';
import type { Differences } from './differences.ts';
import { askRedis } from './live-model.ts';
import { type Comparison, type OrderJudge, ownIndexes } from './order-judge.ts';

const entriesAtOnce = 500;
const indexesAtOnce = 200;

export async function walkIndexes(comparison: Comparison, judge: OrderJudge, differences: Differences): Promise<void> {
  const { home, live, expected } = comparison;
  const keys = home.keys.of(live.generation);
  const ownNames = await scanViews(comparison, keys, judge);
  // An order that is missing from an index hides one that is too much in it.
  const mayTrustSizes = differences.count() === 0;
  const suspects = mayTrustSizes ? await sharedSuspects(home.redis, keys, await expected.orders()) : sharedIndexes;
  for (const name of suspects) await walk(comparison, keys, judge, differences, name);
  const names = [...ownNames];
  for (let start = 0; start < names.length; start += indexesAtOnce) {
    const some = names.slice(start, start + indexesAtOnce);
    const sizes = mayTrustSizes ? await expected.sizes(some) : [];
    const found = await sizesOf(home.redis, keys, some);
    for (const [at, name] of some.entries()) {
      if (found[at] !== sizes[at]) await walk(comparison, keys, judge, differences, name);
    }
  }
}

/** Judges views that stand in no index, and resolves to the names of all indexes beside the shared ones. */
async function scanViews({ home, expected, signal }: Comparison, keys: Keyspace, judge: OrderJudge) {
  const names = new Set<string>();
  await askRedis(async () => {
    for await (const page of scanKeys(home.redis, keys)) {
      signal.throwIfAborted();
      const ids: string[] = [];
      for (const key of page) {
        const derived = derivedKey(keys, key);
        if (derived?.generation !== keys.generation) continue;
        if (derived.kind === 'index' && !sharedIndexes.includes(derived.name)) names.add(derived.name);
        // Views stood elsewhere once, and what is left of them there nobody reads.
        if (derived.kind === 'view' && key === keys.view(derived.name)) ids.push(derived.name);
      }
      if (ids.length === 0) continue;
      const scores = await home.redis.zmscore(keys.allOrders, ids);
      const unlisted = ids.filter((_, at) => scores[at] === null);
      await judge.unknown(await unknownOf(expected, unlisted), null);
    }
  });
  return names;
}

/** Those of the shared indexes that are larger than they should be, or may be. */
async function sharedSuspects(redis: Redis, keys: Keyspace, orders: number): Promise<string[]> {
  const statuses = orderStatuses.map(indexNames.status);
  const names = [indexNames.all, indexNames.inDoubtSince, ...statuses];
  const sizes = await sizesOf(redis, keys, names);
  const sizeOf = (name: string) => sizes[names.indexOf(name)] ?? 0;
  const inStatuses = statuses.reduce((sum, name) => sum + sizeOf(name), 0);
  return [
    ...(sizeOf(indexNames.all) === orders ? [] : [indexNames.all]),
    ...(inStatuses === sizeOf(indexNames.all) ? [] : statuses),
    ...(sizeOf(indexNames.inDoubtSince) === sizeOf(indexNames.status('in_doubt')) ? [] : [indexNames.inDoubtSince]),
  ];
}

/** At one moment. */
async function sizesOf(redis: Redis, keys: Keyspace, names: readonly string[]): Promise<number[]> {
  const commands = names.map((name) => ['ZCARD', keys.index(name)]);
  return (await askRedis(() => readAtOneMoment(redis, keys, commands))).map(Number);
}

async function walk(
  { home, expected, signal }: Comparison,
  keys: Keyspace,
  judge: OrderJudge,
  differences: Differences,
  name: string,
): Promise<void> {
  const isShared = sharedIndexes.includes(name);
  const tellStray = (id: string) => differences.add({ kind: 'wrongly indexed', id, detail: `It stands in ${name}.` });
  const entries = home.redis.zscanStream(keys.index(name), { count: entriesAtOnce }) as AsyncIterable<string[]>;
  await askRedis(async () => {
    for await (const page of entries) {
      signal.throwIfAborted();
      const ids = [...new Set(page.filter((_, at) => at % 2 === 0))];
      if (ids.length === 0) continue;
      const known = await expected.find(ids);
      const unknown = ids.filter((id) => !known.has(id));
      await judge.unknown(unknown, isShared ? null : name);
      // Orders that are known were looked for in the shared indexes, and in their own.
      if (isShared) continue;
      for (const [id, view] of known) if (!ownIndexes(view).includes(name)) tellStray(id);
      for (const id of unknown) if (judge.strays(id, name)) tellStray(id);
    }
  });
}

async function unknownOf({ find }: Comparison['expected'], ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const known = await find(ids);
  return ids.filter((id) => !known.has(id));
}
