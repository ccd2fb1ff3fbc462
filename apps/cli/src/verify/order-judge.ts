// Judges orders of the live read model while a projector goes on writing. What is read of an order is read at one
// moment, so it is right or wrong once and for all; a view that is further than the fold is held against the stream of
// its order, up to the revision that it shows.
import type { EventStoreDBClient } from '@eventstore/db-client';
import { inShard } from '@orders/order-store/order-shard';
import type { LogPosition, RecordedOrderEvent } from '@orders/order-store/order-store';
import type { Checkpoint } from '@orders/read-model/checkpoint';
import { indexNames } from '@orders/read-model/keys';
import { type FoundOrder, lookAtOrders, type Sought } from '@orders/read-model/model-indexes';
import type { OrderView } from '@orders/read-model/order-view';
import { askEventStore } from '../event-store.ts';
import { readOrderStream } from '../order-stream.ts';
import type { Differences } from './differences.ts';
import { judgeView, viewAt, viewUpTo } from './judge-view.ts';
import { askRedis, type ModelHome, NotDoneError, stillLive } from './live-model.ts';

/** What a fold of the log up to a position came to. */
export type ExpectedModel = {
  position: LogPosition | null;
  /** Every order, in pages. */
  pages: () => AsyncIterable<OrderView[]>;
  /** Of these, the orders that it has. */
  find: (ids: readonly string[]) => Promise<Map<string, OrderView>>;
  orders: () => Promise<number>;
  /** How many orders belong into these indexes of accounts and instruments. */
  sizes: (indexes: readonly string[]) => Promise<number[]>;
};

export type Comparison = {
  home: ModelHome;
  /** As it was when the fold began. */
  live: Checkpoint;
  client: EventStoreDBClient;
  expected: ExpectedModel;
  onCompared: (orders: number) => void;
  signal: AbortSignal;
};

export type OrderJudge = ReturnType<typeof orderJudge>;

export const ownIndexes = ({ account_id, instrument }: OrderView): string[] => [
  indexNames.account(account_id),
  indexNames.instrument(instrument),
];

const readsAtOnce = 16;

export function orderJudge({ home, live, client, expected }: Comparison, differences: Differences) {
  const keys = home.keys.of(live.generation);
  const seen = new Map<string, readonly string[]>();

  async function look(sought: readonly Sought[]): Promise<FoundOrder[]> {
    const { checkpoint, orders } = await askRedis(() => lookAtOrders(home.redis, keys, sought));
    stillLive(checkpoint, live, expected.position);
    return orders;
  }

  /** What the read model, being where it is, has to say of the order. */
  async function truthOf(id: string, folded: OrderView | null, { view }: FoundOrder): Promise<OrderView | null> {
    if (view === null || view.revision <= (folded?.revision ?? -1) || !inShard(id, home.shard)) return folded;
    const history = await historyOf(client, id);
    // An order whose events end before the revision of its view is judged by what they say.
    const atPosition = viewAt(history, expected.position);
    if ((atPosition?.revision ?? -1) !== (folded?.revision ?? -1)) {
      throw new NotDoneError(`the log was not read completely: of ${id}, the fold knows less than its stream`);
    }
    return viewUpTo(history, view.revision);
  }

  async function judgeAll(sought: readonly (Sought & { folded: OrderView | null })[]): Promise<void> {
    const found = await look(sought);
    const further: (() => Promise<void>)[] = [];
    for (const [at, { id, folded }] of sought.entries()) {
      const order = found[at];
      if (order === undefined) continue;
      const judged = async () => {
        for (const one of judgeView(id, await truthOf(id, folded, order), order)) differences.add(one);
      };
      // Most need no more than what is there already; the others need a look at their stream.
      if (order.view === null || order.view.revision <= (folded?.revision ?? -1)) {
        for (const one of judgeView(id, folded, order)) differences.add(one);
      } else {
        further.push(judged);
      }
    }
    for (let start = 0; start < further.length; start += readsAtOnce) {
      await Promise.all(further.slice(start, start + readsAtOnce).map((judged) => judged()));
    }
  }

  return {
    known: (views: readonly OrderView[]): Promise<void> =>
      judgeAll(views.map((folded) => ({ id: folded.id, indexes: ownIndexes(folded), folded }))),

    /** Orders that the fold does not have, of which `index` was found to hold an entry; each is judged once. */
    async unknown(ids: readonly string[], index: string | null): Promise<void> {
      const isNew = ids.filter((id) => !seen.has(id));
      if (isNew.length === 0) return;
      const views = await look(isNew.map((id) => ({ id, indexes: [] })));
      const sought = isNew.map((id, at) => {
        const view = views[at]?.view ?? null;
        const own = view === null ? [] : ownIndexes(view);
        const indexes = index === null ? own : [...own, index];
        // Of what the log does not know, one difference says enough.
        seen.set(id, indexes);
        return { id, indexes, folded: null };
      });
      await judgeAll(sought);
    },

    /** Whether an order that was judged as unknown stands where that judgement did not see it, and does not belong. */
    strays: (id: string, index: string): boolean => !(seen.get(id)?.includes(index) ?? false),
  };
}

/** What this version can read of it: what it cannot, a fold of the log passes over as well. */
async function historyOf(client: EventStoreDBClient, id: string): Promise<RecordedOrderEvent[]> {
  const pages = await askEventStore(() => Array.fromAsync(readOrderStream(client, id)));
  return pages.flatMap(({ events }) => events);
}
