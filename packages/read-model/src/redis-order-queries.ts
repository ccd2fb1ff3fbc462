// The reading side of the read model, for the API. A list walks the smallest index that covers its filter and tests the
// rest on the views; how much one request may walk is bounded, so no filter can hold up the others. Which generation is
// read is looked up each time, so that no reader has to be told of a switch.
import type { Redis } from 'ioredis';
import { generationIn } from './checkpoint.ts';
import { type IndexRange, mergeNewestFirst, scanIndex } from './index-scan.ts';
import type { Keyspace } from './keys.ts';
import { liveKeys } from './live-keys.ts';
import type { OrderCursor, OrderFilter, OrderPage, OrderQueries } from './order-queries.ts';
import { decodeView, type OrderView } from './order-view.ts';

const viewsReadMax = 5_000;
const listLimitMax = 500;
// The second one finds the view, unless generations are switched faster than they are read.
const looksMax = 4;

export function redisOrderQueries(redis: Redis, keys: Keyspace): OrderQueries {
  let lastKnown = keys;

  async function find(orderId: string) {
    for (let looks = 1; looks <= looksMax; looks += 1) {
      const asked = lastKnown;
      const [checkpoint, text] = await redis.mget(asked.checkpoint, asked.view(orderId));
      const live = generationIn(checkpoint ?? null);
      if (live === asked.generation) return text == null ? null : decodeView(text);
      lastKnown = keys.of(live);
    }
    return null;
  }

  async function list(filter: OrderFilter, limit: number, after: OrderCursor | null): Promise<OrderPage> {
    const wanted = Math.min(limit, listLimitMax);
    const orders: OrderView[] = [];
    const range: IndexRange = {
      fromMs: filter.placedFromMs ?? '-inf',
      toMs: filter.placedToMs === undefined ? '+inf' : filter.placedToMs - 1,
      after,
    };
    const live = await liveKeys(redis, keys);
    const indexes = await smallestIndexes(redis, live, filter);
    let seen = 0;
    for await (const entries of mergeNewestFirst(indexes.map((key) => scanIndex(redis, key, range, 'newest-first')))) {
      const views = await readViews(redis, live, entries);
      for (const [index, entry] of entries.entries()) {
        const view = views[index];
        if (view != null && matches(view, filter)) orders.push(view);
        seen += 1;
        if (orders.length === wanted || seen >= viewsReadMax) return { orders, next: entry };
      }
    }
    return { orders, next: null };
  }

  return { find, list };
}

/** In the order of the entries; `null` where there is no view. */
export async function readViews(
  redis: Redis,
  keys: Keyspace,
  entries: readonly { id: string }[],
): Promise<(OrderView | null)[]> {
  if (entries.length === 0) return [];
  const texts = await redis.mget(entries.map(({ id }) => keys.view(id)));
  return texts.map((text) => (text === null ? null : decodeView(text)));
}

async function smallestIndexes(redis: Redis, keys: Keyspace, filter: OrderFilter): Promise<string[]> {
  const candidates = [[keys.allOrders]];
  if (filter.statuses !== undefined) candidates.push([...new Set(filter.statuses)].map(keys.byStatus));
  if (filter.account_id !== undefined) candidates.push([keys.byAccount(filter.account_id)]);
  if (filter.instrument !== undefined) candidates.push([keys.byInstrument(filter.instrument)]);
  const sizes = await Promise.all(
    candidates.map(async (indexes) => {
      const counts = await Promise.all(indexes.map((key) => redis.zcard(key)));
      return { indexes, size: counts.reduce((sum, count) => sum + count, 0) };
    }),
  );
  return sizes.reduce((best, candidate) => (candidate.size < best.size ? candidate : best)).indexes;
}

function matches(view: OrderView, filter: OrderFilter): boolean {
  return (
    (filter.statuses === undefined || filter.statuses.includes(view.status)) &&
    (filter.side === undefined || filter.side === view.side) &&
    (filter.type === undefined || filter.type === view.type) &&
    (filter.instrument === undefined || filter.instrument === view.instrument) &&
    (filter.account_id === undefined || filter.account_id === view.account_id)
  );
}
