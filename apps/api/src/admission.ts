// Whether one more order is taken, or refused at once: a queue that grows keeps nobody's promise. What decides is how
// long the order would wait, as measured: its turn in the event loop, and then the appends before it, divided by the
// rate at which appends were settled lately (Little's law). Pure but for the functions it is given.
import type { Append, AppendResult } from '@orders/order-store/order-store';

export type SheddingLimits = {
  /** An order that would wait longer for its append than this is refused. */
  waitMs: number;
  /** So is every order while the event loop is later than this. */
  loopDelayMs: number;
  /** The most appends that are under way or waiting, whatever is known about their rate. */
  appendsMax: number;
};

/** Those of the settings; the settings tell what each means for an operator. */
export const sheddingDefaults: SheddingLimits = { waitMs: 500, loopDelayMs: 500, appendsMax: 2_048 };

export const shedReasons = ['append_wait', 'event_loop_delay', 'appends_max'] as const;
export type ShedReason = (typeof shedReasons)[number];

type AdmissionDeps = {
  nowMs: () => number;
  /** By how much timers of this process are late at the moment. */
  loopDelayMs: () => number;
  /** Evenly from 0 up to 1. */
  random: () => number;
};

export type Admission = {
  /** `null`: the order is taken. */
  refusal: () => ShedReason | null;
  /** An append is about to begin, or to wait for its turn. */
  appendBegan: () => void;
  /** It is over, stored or not. */
  appendSettled: () => void;
};

// This many appends are always let through. Fewer do not keep the event store busy, so their rate says how many came,
// not how many it can take; and while it is down, they are those that find out that it is back.
const appendsMin = 64;
// What was settled since the event store became busy says something after this time; until then `appendsMax` alone
// keeps a sudden crowd within bounds.
const evidenceMs = 200;
// Refusals begin at this share of a limit, few at first: all at the limit would make the load swing around it.
const rampFrom = 0.5;

export function orderAdmission(limits: SheddingLimits, { nowMs, loopDelayMs, random }: AdmissionDeps): Admission {
  const lately = slidingCount();
  let appends = 0;
  let busySinceMs = 0;
  let settledSinceBusy = 0;

  function expectedWaitMs(): number {
    if (appends < appendsMin) return 0;
    const now = nowMs();
    const busyMs = now - busySinceMs;
    if (busyMs < evidenceMs) return 0;
    // Less came before it was busy than it can take, but what it took then it can take: a short pause is no outage.
    const perMs = Math.max(
      lately.within(now) / slidingWindowMs,
      busyMs < slidingWindowMs ? settledSinceBusy / busyMs : 0,
    );
    return appends / perMs;
  }

  return {
    refusal() {
      if (appends >= limits.appendsMax) return 'appends_max';
      const byWait = share(expectedWaitMs(), limits.waitMs);
      const byLoop = share(loopDelayMs(), limits.loopDelayMs);
      if (random() >= Math.max(byWait, byLoop)) return null;
      return byWait >= byLoop ? 'append_wait' : 'event_loop_delay';
    },
    appendBegan() {
      appends += 1;
      if (appends !== appendsMin) return;
      busySinceMs = nowMs();
      settledSinceBusy = 0;
    },
    appendSettled() {
      appends -= 1;
      settledSinceBusy += 1;
      lately.add(nowMs());
    },
  };
}

type AppendPort = (append: Append) => Promise<AppendResult>;

export const countedAppend =
  (append: AppendPort, { appendBegan, appendSettled }: Admission): AppendPort =>
  async (request) => {
    appendBegan();
    try {
      return await append(request);
    } finally {
      appendSettled();
    }
  };

/** The share of the orders to refuse: none up to half of the limit, all from the limit on. */
const share = (value: number, limit: number): number =>
  Math.min(1, Math.max(0, (value / limit - rampFrom) / (1 - rampFrom)));

const slidingWindowMs = 1_000;
const slotMs = 50;

/** How often something happened within the last second, to the slot. */
function slidingCount() {
  const slots = new Uint32Array(slidingWindowMs / slotMs + 1);
  let total = 0;
  let lastSlot = 0;

  function advanceTo(nowMs: number) {
    const slot = Math.floor(nowMs / slotMs);
    for (let passed = Math.max(lastSlot + 1, slot - slots.length + 1); passed <= slot; passed += 1) {
      total -= slots[passed % slots.length] ?? 0;
      slots[passed % slots.length] = 0;
    }
    lastSlot = Math.max(lastSlot, slot);
  }

  return {
    add(nowMs: number) {
      advanceTo(nowMs);
      const index = lastSlot % slots.length;
      slots[index] = (slots[index] ?? 0) + 1;
      total += 1;
    },
    within(nowMs: number) {
      advanceTo(nowMs);
      return total;
    },
  };
}
