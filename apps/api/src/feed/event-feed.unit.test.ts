import type { OrderEvent } from '@orders/domain/order-types';
import type { LogPosition, RecordedOrderEvent } from '@orders/order-store/order-store';
import type { OrderEventBatch } from '@orders/order-store/order-subscription';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventFeed, type FeedListener, feedDefaults } from './event-feed.ts';

const generously = { timeout: 30_000 };

const recorded = (place: number, orderId = 'o'): RecordedOrderEvent => ({
  event: { type: 'OrderPlaced', data: { order_id: orderId } } as unknown as OrderEvent,
  id: `id-${place}`,
  orderId,
  revision: 0n,
  position: { commit: BigInt(place), prepare: BigInt(place) },
  recordedAt: new Date('2026-01-31T08:00:00Z'),
  metadata: { $correlationId: '', $causationId: '', schema_version: 1 },
});

/** A log whose subscriptions break after each batch, with the places that they began from. */
function breakingFeed({ lingerMs = 60_000, endOfLog = async () => 10n } = {}) {
  const begunFrom: (bigint | null)[] = [];
  const causes: unknown[] = [];
  const batches: OrderEventBatch[] = [];
  let open = 0;
  async function* subscribe(from: LogPosition | null, signal: AbortSignal): AsyncGenerator<OrderEventBatch> {
    begunFrom.push(from?.commit ?? null);
    open += 1;
    try {
      while (batches.length === 0 && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 2));
      const batch = batches.shift();
      if (batch !== undefined) yield batch;
      throw new Error('the subscription broke');
    } finally {
      open -= 1;
    }
  }
  const feed = eventFeed({
    readEnd: endOfLog,
    subscribe,
    onSubscriptionEnded: (cause) => causes.push(cause),
    limits: { ...feedDefaults, lingerMs },
    log: { warn: () => undefined },
  });
  onTestFinished(feed.stop);
  const give = (...events: RecordedOrderEvent[]) => {
    const position = events.at(-1)?.position ?? null;
    batches.push({ events, unreadable: [], position, caughtUp: true });
  };
  return { feed, give, begunFrom, causes, open: () => open };
}

const listener = (over: Partial<FeedListener> = {}): FeedListener => ({ onBegun: () => undefined, ...over });

describe('the feed', () => {
  it('subscribes again, from where it was, whenever its subscription ends', async () => {
    const { feed, give, begunFrom, causes } = breakingFeed();
    feed.listen(listener());
    give(recorded(20), recorded(30));
    give(recorded(40));
    await vi.waitFor(() => expect(begunFrom).toEqual([10n, 30n, 40n]), 10_000);
    expect(causes).toHaveLength(2);
    expect(feed.recent()?.after(10n, null)).toMatchObject({ events: 3, reached: 40n });
  });

  it('has one subscription for all listeners, and none a while after the last of them', async () => {
    const { feed, begunFrom, open } = breakingFeed({ lingerMs: 20 });
    const leave = [feed.listen(listener()), feed.listen(listener()), feed.listen(listener())];
    await vi.waitFor(() => expect(open()).toBe(1), generously);
    for (const end of leave) end();
    await vi.waitFor(() => expect([open(), feed.recent()]).toEqual([0, null]), generously);
    feed.listen(listener());
    await vi.waitFor(() => expect(open()).toBe(1), generously);
    expect(begunFrom).toEqual([10n, 10n]);
  });

  it('outlives a moment without listeners', async () => {
    const { feed, begunFrom, open } = breakingFeed();
    feed.listen(listener())();
    await vi.waitFor(() => expect(open()).toBe(1), generously);
    feed.listen(listener());
    expect(begunFrom).toEqual([10n]);
  });

  it('begins when the event store is there, and says so', async () => {
    const ends: (bigint | Error)[] = [new Error('connection refused'), 7n];
    const endOfLog = async () => {
      const end = ends.shift();
      if (end === undefined || end instanceof Error) throw end;
      return end;
    };
    const { feed, begunFrom, causes } = breakingFeed({ endOfLog });
    const onBegun = vi.fn();
    feed.listen(listener({ onBegun }));
    await vi.waitFor(() => expect(onBegun).toHaveBeenCalledOnce(), 10_000);
    await vi.waitFor(() => expect(begunFrom).toEqual([7n]), generously);
    expect(causes).toHaveLength(1);
  });

  it('hands the events of an order to whoever listens to it, and to nobody else', async () => {
    const { feed, give } = breakingFeed();
    const heard: string[] = [];
    const ofOrder = (id: string, name: string) =>
      listener({ order: { id, onEvent: ({ position }) => heard.push(`${name} ${position.commit}`) } });
    feed.listen(ofOrder('a', 'first'));
    const leave = feed.listen(ofOrder('a', 'second'));
    feed.listen(ofOrder('b', 'third'));
    give(recorded(20, 'a'), recorded(21, 'b'), recorded(22, 'c'));
    await vi.waitFor(() => expect(heard).toEqual(['first 20', 'second 20', 'third 21']), generously);
    leave();
    give(recorded(23, 'a'));
    await vi.waitFor(() => expect(heard.slice(3)).toEqual(['first 23']), 10_000);
  });
});
