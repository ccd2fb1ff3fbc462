// One subscription to the log for all open streams of the process: it begins with the first listener and ends a while
// after the last one. Any end of it, clean or not, is followed by a new one from its last place, so that what it hands
// on has no gap.
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPosition, RecordedOrderEvent } from '@orders/order-store/order-store';
import type { Logger } from '@orders/telemetry/logger';
import { type EventSources, positionAt } from '../log/event-sources.ts';
import { type RecentEvents, type RecentLimits, recentEvents } from './recent-events.ts';

export type FeedLimits = RecentLimits & {
  /** How long the subscription outlives its last listener: most clients that leave come back. */
  lingerMs: number;
};

/** With some 600 bytes for an event, a few seconds of a log that is written as fast as it can be. */
export const feedDefaults: FeedLimits = { eventsMax: 4_096, bytesMax: 4 * 1_024 * 1_024, lingerMs: 30_000 };

export type FeedListener = {
  /** The subscription has found its start: what is appended from now on is handed on. */
  onBegun: () => void;
  /** There are new events in `recent()`. */
  onBatch?: () => void;
  /** Wants the events of this order one by one. */
  order?: { id: string; onEvent: (recorded: RecordedOrderEvent) => void };
};

export type EventFeed = {
  /** Returns the function that ends the listening. */
  listen: (listener: FeedListener) => () => void;
  /** The newest events; `null` until the subscription has found its start. */
  recent: () => RecentEvents | null;
  stop: () => void;
};

type FeedDeps = Pick<EventSources, 'readEnd' | 'subscribe' | 'onSubscriptionEnded'> & {
  limits: FeedLimits;
  log: Pick<Logger, 'warn'>;
};

const shortestPauseMs = 100;
const longestPauseMs = 2_000;

export function eventFeed({ readEnd, subscribe, onSubscriptionEnded, limits, log }: FeedDeps): EventFeed {
  const listeners = new Set<FeedListener>();
  const byOrder = new Map<string, Set<FeedListener>>();
  let recent: RecentEvents | null = null;
  let running: AbortController | null = null;
  let lingering: NodeJS.Timeout | undefined;

  async function run(signal: AbortSignal) {
    let begun: RecentEvents | null = null;
    let from: LogPosition | null = null;
    let failures = 0;
    while (!signal.aborted) {
      try {
        begun ??= await begin(signal);
        from ??= positionAt(begun.floor());
        for await (const { events, position } of subscribe(from, signal)) {
          if (signal.aborted) return;
          failures = 0;
          from = position;
          if (events.length > 0) handOn(begun, events);
        }
      } catch (err) {
        if (signal.aborted) return;
        failures += 1;
        onSubscriptionEnded(err);
        log.warn({ err, failures }, 'the feed of events ended, subscribing again');
      }
      const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** failures) * (0.5 + Math.random() / 2);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async function begin(signal: AbortSignal): Promise<RecentEvents> {
    const begun = recentEvents(await readEnd(), limits);
    // Stopped meanwhile, and perhaps begun anew by another run, whose events these must not be.
    signal.throwIfAborted();
    recent = begun;
    for (const { onBegun } of listeners) onBegun();
    return begun;
  }

  function handOn(to: RecentEvents, events: readonly RecordedOrderEvent[]) {
    to.add(events);
    for (const recorded of events) {
      for (const { order } of byOrder.get(recorded.orderId) ?? []) order?.onEvent(recorded);
    }
    for (const { onBatch } of listeners) onBatch?.();
  }

  function stop() {
    clearTimeout(lingering);
    running?.abort();
    running = null;
    recent = null;
  }

  return {
    listen(listener) {
      clearTimeout(lingering);
      listeners.add(listener);
      const orderId = listener.order?.id;
      if (orderId !== undefined) byOrder.set(orderId, (byOrder.get(orderId) ?? new Set()).add(listener));
      if (running === null) {
        running = new AbortController();
        void run(running.signal);
      }
      return () => {
        listeners.delete(listener);
        const ofOrder = orderId === undefined ? undefined : byOrder.get(orderId);
        ofOrder?.delete(listener);
        if (orderId !== undefined && ofOrder?.size === 0) byOrder.delete(orderId);
        if (listeners.size > 0) return;
        clearTimeout(lingering);
        lingering = setTimeout(stop, limits.lingerMs).unref();
      };
    },
    recent: () => recent,
    stop,
  };
}
