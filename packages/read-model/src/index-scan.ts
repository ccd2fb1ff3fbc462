// Walks indexes of orders by the time of placement, in pages, from a cursor. Orders that enter or leave an index
// meanwhile neither hide nor repeat another one.
import type { Redis } from 'ioredis';

export type IndexEntry = { placedAtMs: number; id: string };
export type IndexRange = { fromMs: number | '-inf'; toMs: number | '+inf'; after: IndexEntry | null };
export type IndexOrder = 'newest-first' | 'oldest-first';

const pageSizeMin = 256;
// As many orders as may share one millisecond.
const pageSizeMax = 65_536;

export async function* scanIndex(
  redis: Redis,
  key: string,
  { fromMs, toMs, after }: IndexRange,
  order: IndexOrder,
): AsyncGenerator<IndexEntry[], void, void> {
  let last = after;
  for (let pageSize = pageSizeMin; ; ) {
    const page = await readPage(redis, key, { fromMs, toMs, after: last }, order, pageSize);
    const behind = last;
    const entries = behind === null ? page : page.filter((entry) => follows(entry, behind, order));
    if (entries.length > 0) {
      last = entries.at(-1) ?? last;
      pageSize = pageSizeMin;
      yield entries;
    } else if (page.length < pageSize) {
      return;
    } else if (pageSize >= pageSizeMax) {
      throw new Error(`more than ${pageSizeMax} orders of one millisecond in ${key}`);
    } else {
      pageSize *= 4;
    }
  }
}

/** Several walks, all newest first, as one. What stands in two of them comes once. */
export async function* mergeNewestFirst(
  scans: readonly AsyncGenerator<IndexEntry[], void, void>[],
): AsyncGenerator<IndexEntry[], void, void> {
  const sources = scans.map((scan) => ({ scan, waiting: [] as IndexEntry[] }));
  let live = sources;
  let last: IndexEntry | null = null;
  while (live.length > 0) {
    for (const source of live) {
      if (source.waiting.length === 0) source.waiting = [...((await source.scan.next()).value ?? [])].reverse();
    }
    live = live.filter(({ waiting }) => waiting.length > 0);
    const merged: IndexEntry[] = [];
    // As soon as one source has nothing waiting, the next entry may be one that it still has to read.
    while (live.length > 0 && live.every(({ waiting }) => waiting.length > 0)) {
      const entry = takeNewest(live.map(({ waiting }) => waiting));
      if (last === null || follows(entry, last, 'newest-first')) merged.push(entry);
      last = entry;
    }
    if (merged.length > 0) yield merged;
  }
}

function takeNewest(stacks: readonly IndexEntry[][]): IndexEntry {
  const newest = stacks.reduce((best, stack) => {
    const [top, bestTop] = [stack.at(-1), best.at(-1)];
    return top !== undefined && bestTop !== undefined && follows(bestTop, top, 'newest-first') ? stack : best;
  });
  const entry = newest.pop();
  if (entry === undefined) throw new Error('nothing is waiting');
  return entry;
}

async function readPage(
  redis: Redis,
  key: string,
  { fromMs, toMs, after }: IndexRange,
  order: IndexOrder,
  pageSize: number,
): Promise<IndexEntry[]> {
  const newest = String(order === 'newest-first' ? (after?.placedAtMs ?? toMs) : toMs);
  const oldest = String(order === 'oldest-first' ? (after?.placedAtMs ?? fromMs) : fromMs);
  const flat =
    order === 'newest-first'
      ? await redis.zrange(key, newest, oldest, 'BYSCORE', 'REV', 'LIMIT', 0, pageSize, 'WITHSCORES')
      : await redis.zrange(key, oldest, newest, 'BYSCORE', 'LIMIT', 0, pageSize, 'WITHSCORES');
  const entries: IndexEntry[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) entries.push({ id: flat[i] ?? '', placedAtMs: Number(flat[i + 1]) });
  return entries;
}

// Redis orders members of equal score by their bytes; ids are ASCII, where that is the order of JavaScript's strings.
function follows(entry: IndexEntry, behind: IndexEntry, order: IndexOrder): boolean {
  const [first, second] = order === 'newest-first' ? [entry, behind] : [behind, entry];
  return first.placedAtMs < second.placedAtMs || (first.placedAtMs === second.placedAtMs && first.id < second.id);
}
