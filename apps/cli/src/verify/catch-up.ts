// Brings a fold to where the live read model is, and then to where it is by now, until it is as good as there: what the
// two differ by afterwards takes a look at the stream of each order.
import type { EventStoreDBClient } from '@eventstore/db-client';
import { isLater, type LogPosition } from '@orders/order-store/order-store';
import type { Checkpoint } from '@orders/read-model/checkpoint';
import { foldLog, type ViewStore } from './fold-log.ts';
import { liveCheckpoint, type ModelHome, stillLive } from './live-model.ts';

export type Fold = {
  home: ModelHome;
  client: EventStoreDBClient;
  live: Checkpoint;
  views: ViewStore;
  /** `total`: as many as there will be, going by how far the log has been read. */
  onFolded: (events: number, total: number) => void;
  signal: AbortSignal;
};

export type Folded = { position: LogPosition | null; events: number };

const nearlyThere = 500;
const roundsMax = 20;

/** Throws `NotDoneError` when the live read model is replaced meanwhile, and `UnreachableError`. */
export async function catchUp(fold: Fold): Promise<Folded> {
  let folded: Folded = { position: null, events: 0 };
  for (let round = 1; round <= roundsMax; round += 1) {
    const before = folded.events;
    folded = await foldOn(fold, folded);
    if (folded.events - before < nearlyThere) break;
  }
  return folded;
}

/** From where it is to where the live read model is at the call. */
export async function foldOn(fold: Fold, { position: from, events: before }: Folded): Promise<Folded> {
  const { home, client, live, views, onFolded, signal } = fold;
  signal.throwIfAborted();
  const now = await liveCheckpoint(home, live.storeId);
  stillLive(now, live, from);
  const to = now.position;
  if (to === null || !isLater(to, from)) return { position: from, events: before };
  let events = before;
  const onPage = (count: number, { commit }: LogPosition) => {
    events += count;
    onFolded(events, Math.round(events * (Number(to.commit) / Math.max(1, Number(commit)))));
  };
  await foldLog({ client, shard: home.shard, from, to, views, onPage, signal });
  return { position: to, events };
}
