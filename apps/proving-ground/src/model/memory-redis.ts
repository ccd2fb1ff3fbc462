// All of Redis as one value, so that it can be lost, or fall back to an older one, as a whole. The projection keeps the
// contract of the Lua scripts: nothing moves unless the checkpoint is where the projector left it.
import { type OrderStatus, orderStatuses } from '@orders/domain/order-types';
import { type PlacementJob, placementJobId } from '@orders/placement-queue/placement-queue';
import { decodeCheckpoint, encodeCheckpoint } from '@orders/read-model/checkpoint';
import type { OrderView } from '@orders/read-model/order-view';
import type { Projection } from '@orders/read-model/redis-projection';
import type { CallFaults, Calls } from './calls.ts';
import type { Process } from './turns.ts';

export type StoredJob = {
  id: string;
  data: PlacementJob;
  state: 'waiting' | 'active' | 'delayed' | 'completed' | 'failed';
  /** Smaller is sooner. */
  place: number;
  attemptsMade: number;
  dueMs: number;
  lock: { token: string; untilMs: number } | null;
};

export type RedisContent = {
  checkpoint: string;
  views: Map<string, OrderView>;
  byStatus: Map<OrderStatus, Map<string, number>>;
  jobs: Map<string, StoredJob>;
  /** Every job that was ever added to this Redis. */
  everAdded: Set<string>;
  /** Jobs for which there was no room. */
  excused: Set<string>;
  /** Orders that were behind the checkpoint while they had never had a job. */
  passedOver: Set<string>;
  places: number;
};

export const emptyRedis = (): RedisContent => ({
  checkpoint: '',
  views: new Map(),
  byStatus: new Map(orderStatuses.map((status) => [status, new Map()])),
  jobs: new Map(),
  everAdded: new Set(),
  excused: new Set(),
  passedOver: new Set(),
  places: 0,
});

export type MemoryRedis = { content: RedisContent; isUp: boolean };

const unavailable = () => new Error('Redis does not answer');
export const redisFaults: CallFaults = { failed: unavailable, lost: unavailable };

/** A call that fails while Redis is down. */
export const redisCall =
  (redis: MemoryRedis, { call }: Calls) =>
  <Answer>(process: Process, label: string, run: () => Answer, inPart?: () => void): Promise<Answer> => {
    const whenUp =
      <T>(action: () => T) =>
      () => {
        if (!redis.isUp) throw unavailable();
        return action();
      };
    const faults = inPart === undefined ? redisFaults : { ...redisFaults, inPart: whenUp(inPart) };
    return call(process, label, whenUp(run), faults);
  };

export type RedisCall = ReturnType<typeof redisCall>;

/** What is wrong with it is for tests of the checks. */
export type ProjectionFlaws = { comparesCheckpoints: boolean; comparesViews: boolean };

export function projectionOf(
  process: Process,
  redis: MemoryRedis,
  call: RedisCall,
  see: (what: string) => void,
  { comparesCheckpoints, comparesViews }: ProjectionFlaws,
): Projection {
  const isAt = (previous: string) => {
    const same = redis.content.checkpoint === previous || !comparesCheckpoints;
    if (!same) see('checkpoint moved');
    return same;
  };

  const revisionOf = (id: string) => redis.content.views.get(id)?.revision ?? null;

  async function clear(previous: Parameters<Projection['clear']>[0]): Promise<boolean> {
    const unmoved = encodeCheckpoint(previous);
    const unlink = (label: string, run: (content: RedisContent) => void) =>
      call(process, `clear ${label}`, () => {
        if (!isAt(unmoved)) return false;
        run(redis.content);
        return true;
      });
    // Only what is there is found, and removed in several calls.
    for (const orderId of [...redis.content.views.keys()]) {
      if (!(await unlink('view', ({ views }) => views.delete(orderId)))) return false;
      see('read model cleared');
    }
    const indexed = orderStatuses.filter((status) => (redis.content.byStatus.get(status)?.size ?? 0) > 0);
    for (const status of indexed) {
      if (!(await unlink('index', ({ byStatus }) => byStatus.set(status, new Map())))) return false;
    }
    return unlink('checkpoint', (content) => {
      content.checkpoint = '';
    });
  }

  return {
    readCheckpoint: () => call(process, 'read checkpoint', () => decodeCheckpoint(redis.content.checkpoint)),
    loadViews: async (orderIds) =>
      orderIds.length === 0 ? new Map() : call(process, 'load views', () => viewsAmong(redis.content, orderIds)),
    commit: ({ previous, next, changes }) =>
      call(process, 'commit', () => {
        if (!isAt(encodeCheckpoint(previous))) return false;
        if (comparesViews && !changes.every(({ id, before }) => (before?.revision ?? null) === revisionOf(id))) {
          see('views moved under the same checkpoint');
          return false;
        }
        for (const { after } of changes) if (after !== null) store(redis.content, after);
        redis.content.checkpoint = encodeCheckpoint(next);
        if (next.phase === 'live') notePassedOver(redis.content);
        return true;
      }),
    clear,
  };
}

const pageSize = 2;

/** As the indexes in Redis are read: page by page, and the views of a page after the page. */
export async function* ordersOfStatus(
  process: Process,
  redis: MemoryRedis,
  call: RedisCall,
  statuses: readonly OrderStatus[],
  placedBeforeMs: number,
): AsyncGenerator<OrderView[], void, void> {
  for (const status of statuses) {
    for (let after: [string, number] = ['', 0]; ; ) {
      const page = await call(process, `scan ${status}`, () => pageAfter(redis.content, status, after, placedBeforeMs));
      const last = page.at(-1);
      if (last === undefined) break;
      after = last;
      const ids = page.map(([id]) => id);
      const views = [...(await call(process, 'read views', () => viewsAmong(redis.content, ids))).values()];
      const wanted = views.filter((view) => statuses.includes(view.status));
      if (wanted.length > 0) yield wanted;
    }
  }
}

function pageAfter(
  { byStatus }: RedisContent,
  status: OrderStatus,
  [afterId, afterMs]: [string, number],
  beforeMs: number,
) {
  return [...(byStatus.get(status) ?? [])]
    .filter(([id, ms]) => ms < beforeMs && (ms > afterMs || (ms === afterMs && id > afterId)))
    .toSorted(([idA, a], [idB, b]) => a - b || (idA < idB ? -1 : 1))
    .slice(0, pageSize);
}

function viewsAmong({ views }: RedisContent, orderIds: readonly string[]): Map<string, OrderView> {
  const found = new Map<string, OrderView>();
  for (const id of orderIds) {
    const view = views.get(id);
    if (view !== undefined) found.set(id, view);
  }
  return found;
}

function notePassedOver({ views, everAdded, excused, passedOver }: RedisContent): void {
  for (const { id, status, redrives } of views.values()) {
    if (status !== 'placed' && status !== 'submitting') continue;
    const jobId = placementJobId(id, redrives);
    if (!everAdded.has(jobId) && !excused.has(jobId)) passedOver.add(id);
  }
}

/** Other views in the place of all there are, as when another generation of them goes live. */
export function replaceViews(content: RedisContent, views: Iterable<OrderView>): void {
  content.views = new Map();
  content.byStatus = new Map(orderStatuses.map((status) => [status, new Map()]));
  for (const view of views) store(content, view);
}

function store({ views, byStatus }: RedisContent, view: OrderView): void {
  const stored = views.get(view.id);
  if (stored !== undefined && stored.revision >= view.revision) return;
  views.set(view.id, view);
  if (stored?.status === view.status) return;
  if (stored !== undefined) byStatus.get(stored.status)?.delete(view.id);
  byStatus.get(view.status)?.set(view.id, Date.parse(view.created_at));
}
