// Remembers which event ids were written lately, so that an append with `any` may be sent again. Bounded: the oldest
// ids are forgotten first. Ids of a transaction are staged and become memory only when it is durable.

export type RecentIds = Readonly<{
  numberOf: (stream: string, id: string) => number | undefined;
  stage: (stream: string, id: string, number: number) => void;
  /** The staged ids are durable: remember them. */
  keep: () => void;
  /** The transaction failed: forget the staged ids. */
  drop: () => void;
}>;

type Place = Readonly<{ stream: string; number: number }>;

/** About 8 MiB of bookkeeping, as in EventStoreDB. */
const recentIdsMax = 50_000;

export function createRecentIds(max = recentIdsMax): RecentIds {
  const kept = new Map<string, Place>();
  const staged = new Map<string, Place>();
  return {
    numberOf: (stream, id) => {
      const place = kept.get(id) ?? staged.get(id);
      return place?.stream === stream ? place.number : undefined;
    },
    // The first writer of an id wins: the same id in a second stream, or a second time in one, is not found.
    stage: (stream, id, number) => {
      if (!kept.has(id) && !staged.has(id)) staged.set(id, { stream, number });
    },
    keep: () => {
      for (const [id, place] of staged) kept.set(id, place);
      staged.clear();
      for (const oldest of kept.keys()) {
        if (kept.size <= max) break;
        kept.delete(oldest);
      }
    },
    drop: () => staged.clear(),
  };
}
