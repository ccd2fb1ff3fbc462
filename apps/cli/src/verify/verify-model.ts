// Whether the live read model equals a fresh fold of the log. Reads only: the fold stands on the disk of whoever asks.
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { OrderShard } from '@orders/order-store/order-shard';
import { catchUp } from './catch-up.ts';
import { compareModels } from './compare-models.ts';
import type { Differences } from './differences.ts';
import { openFoldTables } from './fold-tables.ts';
import { liveCheckpoint, type ModelHome, storeIdOf } from './live-model.ts';

export type VerifyOptions = {
  client: EventStoreDBClient;
  home: ModelHome;
  /** `total`: as far as it is known by now. */
  onFolded: (events: number, total: number) => void;
  onCompared: (orders: number, total: number) => void;
  signal: AbortSignal;
};

export type Verified = {
  shard: OrderShard;
  events: number;
  orders: number;
  /** Commit position up to which the log was folded; `null` for an empty log. */
  position: string | null;
  differences: Differences;
};

/** Rejects with `NotDoneError` when there is no read model to verify, and with `UnreachableError`. */
export async function verifyModel({ client, home, onFolded, onCompared, signal }: VerifyOptions): Promise<Verified> {
  const tables = openFoldTables();
  try {
    const live = await liveCheckpoint(home, await storeIdOf(client));
    const { position, events } = await catchUp({ home, client, live, views: tables.views, onFolded, signal });
    const expected = tables.expected(position);
    const orders = await expected.orders();
    const compared = (count: number) => onCompared(count, orders);
    const differences = await compareModels({ home, live, client, expected, onCompared: compared, signal });
    return {
      shard: home.shard,
      ...{ events, orders, differences },
      position: position === null ? null : String(position.commit),
    };
  } finally {
    tables.close();
  }
}
