// In which indexes an order has to stand, by its view; and what Redis holds of it, view and entries read at one moment.
// A commit moves both together, so what does not fit together in such a look never will.
import { orderStatuses } from '@orders/domain/order-types';
import type { Redis } from 'ioredis';
import { type Checkpoint, decodeCheckpoint } from './checkpoint.ts';
import { indexNames, type Keyspace } from './keys.ts';
import { readAtOneMoment } from './one-moment.ts';
import { decodeView, type OrderView } from './order-view.ts';

/** By the name of the index: where in it an order with this view stands, in milliseconds since 1970. */
export function indexEntriesOf(view: OrderView): Map<string, number> {
  const placedAtMs = Date.parse(view.created_at);
  const entries = [
    indexNames.all,
    indexNames.status(view.status),
    indexNames.account(view.account_id),
    indexNames.instrument(view.instrument),
  ].map((name): [string, number] => [name, placedAtMs]);
  return new Map(
    view.in_doubt_since === null
      ? entries
      : [...entries, [indexNames.inDoubtSince, Date.parse(view.in_doubt_since)] as const],
  );
}

/** Those in which every order is looked for, wherever it belongs. */
export const sharedIndexes: readonly string[] = [
  indexNames.all,
  indexNames.inDoubtSince,
  ...orderStatuses.map(indexNames.status),
];

/** An order to look for, and the indexes of accounts and instruments in which it may stand. */
export type Sought = { id: string; indexes: readonly string[] };

export type FoundOrder = {
  view: OrderView | null;
  /** The text of a view that is none. */
  unreadable: string | null;
  /** Of the indexes that were looked at, those that hold the order. */
  entries: Map<string, number>;
};

export type Look = { checkpoint: Checkpoint | null; orders: FoundOrder[] };

/** In the order of what is sought: what a generation holds of it, all read at one moment, with the live checkpoint. */
export async function lookAtOrders(redis: Redis, keys: Keyspace, sought: readonly Sought[]): Promise<Look> {
  const members = new Map<string, number[]>();
  for (const name of sharedIndexes) members.set(name, [...sought.keys()]);
  for (const [at, { indexes }] of sought.entries()) {
    for (const name of indexes) {
      const there = members.get(name);
      if (there === undefined) members.set(name, [at]);
      else if (there.at(-1) !== at) there.push(at);
    }
  }
  const idsAt = (places: readonly number[]) => places.map((at) => sought[at]?.id ?? '');
  const [checkpoint, texts, ...scores] = await readAtOneMoment(redis, keys, [
    ['GET', keys.checkpoint],
    ['MGET', ...sought.map(({ id }) => keys.view(id))],
    ...[...members].map(([name, places]) => ['ZMSCORE', keys.index(name), ...idsAt(places)]),
  ]);
  const orders = (texts as (string | null)[]).map(foundOrder);
  for (const [which, [name, places]] of [...members].entries()) {
    for (const [nth, at] of places.entries()) {
      const score = (scores[which] as (string | null)[])[nth] ?? null;
      if (score !== null) orders[at]?.entries.set(name, Number(score));
    }
  }
  return { checkpoint: decodeCheckpoint((checkpoint as string | null) ?? ''), orders };
}

function foundOrder(text: string | null): FoundOrder {
  const entries = new Map<string, number>();
  if (text === null) return { view: null, unreadable: null, entries };
  try {
    return { view: decodeView(text), unreadable: null, entries };
  } catch {
    return { view: null, unreadable: text, entries };
  }
}
