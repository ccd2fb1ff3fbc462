// What a read model has against the log, as the commands print it and as other code reads it.

export const differenceKinds = [
  /** The log has the order, and the read model has no view of it. */
  'missing',
  /** The read model has what the log knows nothing of. */
  'extra',
  /** The view lacks events that its checkpoint is past. */
  'behind',
  /** The view says something else than the events that it reflects. */
  'different',
  /** The order does not stand in an index in which it belongs. */
  'not indexed',
  /** The order stands in an index in which it does not belong. */
  'wrongly indexed',
  /** The order stands in the index, at another time. */
  'wrong time',
] as const;

export type DifferenceKind = (typeof differenceKinds)[number];

export type Difference = { kind: DifferenceKind; id: string; detail: string };

export type Differences = {
  add: (difference: Difference) => void;
  count: () => number;
  byKind: () => Partial<Record<DifferenceKind, number>>;
  /** The first of them. */
  listed: readonly Difference[];
};

// In a read model that is broken throughout there is one for each order.
const listedMax = 10_000;

export function newDifferences(): Differences {
  const counts = new Map<DifferenceKind, number>();
  const listed: Difference[] = [];
  return {
    add: (difference) => {
      counts.set(difference.kind, (counts.get(difference.kind) ?? 0) + 1);
      if (listed.length < listedMax) listed.push(difference);
    },
    count: () => counts.values().reduce((sum, count) => sum + count, 0),
    byKind: () =>
      Object.fromEntries(
        differenceKinds.flatMap((kind) => {
          const count = counts.get(kind);
          return count === undefined ? [] : [[kind, count]];
        }),
      ),
    listed,
  };
}
