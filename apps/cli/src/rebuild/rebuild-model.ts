// Builds the read model again beside the live one, compares every order, and switches. Readers follow the checkpoint,
// so the switch is one write of it; and the projector, whose next commit finds it moved, goes on from the position that
// it names. That position is never beyond where the live one was: an order whose event is behind the checkpoint has had
// its job. What comes twice does no harm.
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { Checkpoint } from '@orders/read-model/checkpoint';
import { catchUp, type Fold, type Folded, foldOn } from '../verify/catch-up.ts';
import { compareModels } from '../verify/compare-models.ts';
import type { Differences } from '../verify/differences.ts';
import { liveCheckpoint, type ModelHome, NotDoneError, stillLive, storeIdOf } from '../verify/live-model.ts';
import { checkMemory } from './memory-check.ts';
import { type Lease, type ModelBuild, startBuild } from './model-build.ts';

export type RebuildOptions = {
  client: EventStoreDBClient;
  home: ModelHome;
  /** Whether to switch although there are differences. */
  force: boolean;
  /** How long the former read model stays, for readers that walk it. */
  graceMs: number;
  lease: Lease;
  /** `total`: as far as it is known by now. */
  onFolded: (events: number, total: number) => void;
  onCompared: (orders: number, total: number) => void;
  /** Until the switch, it ends the rebuild without a trace. After it, the former read model goes at once. */
  signal: AbortSignal;
};

export type Rebuilt = {
  events: number;
  orders: number;
  /** How long reading and folding the log took, up to the comparison. */
  foldMs: number;
  differences: Differences;
  switched: boolean;
  /** Whether the former read model is gone; otherwise the next rebuild removes what is left of it. */
  removed: boolean;
};

const switchTriesMax = 200;

/** Rejects with `NotDoneError` when it makes no sense, or comes to nothing, and with `UnreachableError`. */
export async function rebuildModel(options: RebuildOptions): Promise<Rebuilt> {
  const { client, home, lease, signal } = options;
  const storeId = await storeIdOf(client);
  const build = await startBuild(home, storeId, lease, signal);
  try {
    // Not before: the build that this one may have waited for went live meanwhile.
    const live = await liveCheckpoint(home, storeId);
    const rebuilt = await rebuildBeside(options, live, build);
    return { ...rebuilt, removed: rebuilt.switched && (await removeFormer(build, options)) };
  } finally {
    // What cannot be removed now is left for the next build; the error that led here is what matters.
    await build.end().catch(() => undefined);
  }
}

async function rebuildBeside(options: RebuildOptions, live: Checkpoint, build: ModelBuild) {
  const { home, client, onFolded, onCompared, force, signal } = options;
  // What a dead build has left must not take the place of this one.
  await build.removeOthers();
  await checkMemory(home.redis, home.keys.of(live.generation));
  const fold: Fold = { home, client, live, views: build.views, onFolded, signal };
  const begunMs = performance.now();
  const folded = await catchUp(fold);
  const foldMs = performance.now() - begunMs;
  const expected = build.expected(folded.position);
  const orders = await expected.orders();
  const compared = (count: number) => onCompared(count, orders);
  const differences = await compareModels({ home, live, client, expected, onCompared: compared, signal });
  const facts = { events: folded.events, orders, foldMs, differences };
  if (differences.count() > 0 && !force) return { ...facts, switched: false };
  await switchOver(fold, build, folded);
  return { ...facts, switched: true };
}

/** The projector moves the checkpoint all the time: the switch has to hit a moment in between. */
async function switchOver(fold: Fold, build: ModelBuild, compared: Folded): Promise<void> {
  let folded = compared;
  for (let tries = 1; tries <= switchTriesMax; tries += 1) {
    folded = await foldOn(fold, folded);
    await build.reach(folded.position);
    const now = await liveCheckpoint(fold.home, fold.live.storeId);
    stillLive(now, fold.live, folded.position);
    if (await build.goLive(now)) return;
  }
  throw new NotDoneError('the projector was never still enough for the switch: try again');
}

async function removeFormer(build: ModelBuild, { graceMs, signal }: RebuildOptions): Promise<boolean> {
  await sleep(graceMs, undefined, { signal }).catch(() => undefined);
  return build.removeOthers().catch(() => false);
}
