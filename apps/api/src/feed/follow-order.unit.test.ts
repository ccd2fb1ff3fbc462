import type { OrderEvent } from '@orders/domain/order-types';
import type { LoadedOrder, RecordedOrderEvent } from '@orders/order-store/order-store';
import { describe, expect, it } from 'vitest';
import type { FeedListener } from './event-feed.ts';
import { followOrder } from './follow-order.ts';
import { type RecentEvents, recentEvents } from './recent-events.ts';

const orderId = 'o-1';

const recorded = (revision: number): RecordedOrderEvent => ({
  event: { type: 'SubmissionStarted', data: { order_id: orderId } } as unknown as OrderEvent,
  id: `id-${revision}`,
  orderId,
  revision: BigInt(revision),
  position: { commit: BigInt(100 + revision), prepare: BigInt(100 + revision) },
  recordedAt: new Date('2026-01-31T08:00:00Z'),
  metadata: { $correlationId: '', $causationId: '', schema_version: 1 },
});

/** A feed and a stream by hand; `whileLoading` happens after the stream was read, and before its reader knows. */
function followed({ after = null as bigint | null, begun = true } = {}) {
  const listeners = new Set<FeedListener>();
  const ending = new AbortController();
  let recent: RecentEvents | null = null;
  let stored = 0;
  let loads = 0;
  let whileLoading = () => {};
  const begin = () => {
    recent = recentEvents(0n, { eventsMax: 1, bytesMax: 1 });
    for (const { onBegun } of listeners) onBegun();
  };
  if (begun) begin();
  const feed = {
    listen: (listener: FeedListener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    recent: () => recent,
  };
  const load = async (): Promise<LoadedOrder> => {
    loads += 1;
    const history = Array.from({ length: stored }, (_, revision) => recorded(revision));
    whileLoading();
    whileLoading = () => {};
    return { order: { status: 'absent' }, revision: 'no_stream', history } as unknown as LoadedOrder;
  };
  const chunks = followOrder({ feed, load, onStreamRead: () => undefined }, { orderId, after }, ending.signal);
  return {
    begin,
    end: () => ending.abort(),
    listeners,
    loads: () => loads,
    store: (count: number) => {
      stored = count;
    },
    /** Hands these revisions on, as the feed does. */
    handOn: (...revisions: number[]) => {
      for (const revision of revisions) for (const { order } of listeners) order?.onEvent(recorded(revision));
    },
    onLoading: (work: () => void) => {
      whileLoading = work;
    },
    /** The revisions of the next chunk. */
    next: async () => {
      const { value } = await chunks.next();
      return [...(value?.bytes.toString() ?? '').matchAll(/"revision":"(\d+)"/g)].map(([, revision]) =>
        Number(revision),
      );
    },
    over: async () => (await chunks.next()).done,
  };
}

describe('following an order', () => {
  it('begins with its stream and goes on with the feed', async () => {
    const { store, next, handOn } = followed();
    store(3);
    expect(await next()).toEqual([0, 1, 2]);
    handOn(3, 4);
    expect(await next()).toEqual([3, 4]);
  });

  it('leaves out what was received earlier', async () => {
    const { store, next } = followed({ after: 101n });
    store(4);
    expect(await next()).toEqual([2, 3]);
  });

  it('sends once what both the stream and the feed have', async () => {
    const { store, next, handOn, onLoading } = followed();
    store(3);
    onLoading(() => handOn(1, 2, 3));
    expect(await next()).toEqual([0, 1, 2]);
    expect(await next()).toEqual([3]);
  });

  it('does not read the stream before the feed has begun: an event in between would be in neither', async () => {
    const { store, next, begin, loads } = followed({ begun: false });
    store(1);
    const first = next();
    await new Promise(setImmediate);
    expect(loads()).toBe(0);
    begin();
    expect(await first).toEqual([0]);
  });

  it('reads the stream again when the feed has left something out', async () => {
    const { store, next, handOn, loads } = followed();
    store(1);
    await next();
    store(4);
    handOn(3);
    expect(await next()).toEqual([1, 2, 3]);
    expect(loads()).toBe(2);
  });

  it('keeps no more than a few events for a reader that does not read, and loses none of them', async () => {
    const { store, next, handOn, loads } = followed();
    store(1);
    await next();
    store(500);
    handOn(...Array.from({ length: 499 }, (_, index) => index + 1));
    const revisions: number[] = [];
    while (revisions.length < 499) revisions.push(...(await next()));
    expect(revisions).toEqual(Array.from({ length: 499 }, (_, index) => index + 1));
    expect(loads()).toBe(2);
  });

  it('ends with its signal, and listens no more', async () => {
    const { store, next, over, end, listeners } = followed();
    store(1);
    await next();
    const last = over();
    end();
    expect(await last).toBe(true);
    expect(listeners.size).toBe(0);
  });
});
