import type { OrderEvent } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { describe, expect, it } from 'vitest';
import { recentEvents } from './recent-events.ts';

const at = new Date('2026-01-31T08:00:00Z');

const recorded = (
  place: number,
  type: 'OrderPlaced' | 'OrderFailed' = 'OrderPlaced',
  reason = '',
): RecordedOrderEvent => ({
  event: { type, data: { order_id: 'o', reason } } as unknown as OrderEvent,
  id: `id-${place}`,
  orderId: 'o',
  revision: 0n,
  position: { commit: BigInt(place), prepare: BigInt(place) },
  recordedAt: at,
  metadata: { $correlationId: '', $causationId: '', schema_version: 1 },
});

const generous = { eventsMax: 1_000, bytesMax: 1_000_000 };

const idsIn = (chunk: ReturnType<ReturnType<typeof recentEvents>['after']>) =>
  typeof chunk === 'string' ? chunk : [...chunk.bytes.toString().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

describe('the newest events', () => {
  it('are what came after a place, wherever it lies between them', () => {
    const recent = recentEvents(10n, generous);
    recent.add([recorded(20), recorded(30)]);
    recent.add([recorded(40)]);
    expect([10n, 15n, 20n, 39n].map((place) => idsIn(recent.after(place, null)))).toEqual([
      [20, 30, 40],
      [20, 30, 40],
      [30, 40],
      [40],
    ]);
    expect([40n, 50n].map((place) => recent.after(place, null))).toEqual(['nothing', 'nothing']);
    expect(recent.after(9n, null)).toBe('behind');
  });

  it('take an event that is handed over again for the one they have', () => {
    const recent = recentEvents(10n, generous);
    recent.add([recorded(20), recorded(30)]);
    recent.add([recorded(30), recorded(40)]);
    expect(idsIn(recent.after(10n, null))).toEqual([20, 30, 40]);
  });

  it('keep within their bounds, and tell those whom they cannot serve any more', () => {
    const recent = recentEvents(0n, { eventsMax: 5, bytesMax: 1_000_000 });
    for (let place = 1; place <= 100; place += 1) {
      recent.add([recorded(place)]);
      expect(recent.size().events).toBeLessThanOrEqual(5);
    }
    expect(recent.after(94n, null)).toBe('behind');
    expect(idsIn(recent.after(95n, null))).toEqual([96, 97, 98, 99, 100]);

    const heavy = recentEvents(0n, { eventsMax: 1_000, bytesMax: 10_000 });
    for (let place = 1; place <= 100; place += 1) {
      heavy.add([recorded(place, 'OrderPlaced', 'x'.repeat(900))]);
      expect(heavy.size().bytes).toBeLessThanOrEqual(10_000);
    }
    expect(idsIn(heavy.after(heavy.floor(), null))).toHaveLength(heavy.size().events);
    // One that is larger than all that may be kept is for the log to show.
    heavy.add([recorded(101, 'OrderPlaced', 'x'.repeat(11_000))]);
    expect([heavy.size().events, heavy.after(100n, null), heavy.after(101n, null)]).toEqual([0, 'behind', 'nothing']);
  });

  it('leave out what is not wanted, and still lead past it', () => {
    const recent = recentEvents(0n, generous);
    recent.add([recorded(1), recorded(2, 'OrderFailed'), recorded(3)]);
    const wanted = new Set<OrderEvent['type']>(['OrderFailed']);
    expect(idsIn(recent.after(0n, wanted))).toEqual([2]);
    expect(recent.after(0n, wanted)).toMatchObject({ events: 1, reached: 3n });
    expect(recent.after(2n, wanted)).toMatchObject({ events: 0, reached: 3n });
  });

  it('are encoded once for all who are at the same place', () => {
    const recent = recentEvents(0n, generous);
    recent.add([recorded(1)]);
    const [first, second] = [recent.after(0n, null), recent.after(0n, null)];
    expect(first).toBe(second);
    recent.add([recorded(2)]);
    expect(idsIn(recent.after(0n, null))).toEqual([1, 2]);
  });

  it('come in chunks of some ten kilobytes, one after the other', () => {
    const recent = recentEvents(0n, generous);
    recent.add(Array.from({ length: 100 }, (_, index) => recorded(index + 1, 'OrderPlaced', 'x'.repeat(2_000))));
    const ids: number[] = [];
    let chunks = 0;
    for (let place = 0n; ; chunks += 1) {
      const chunk = recent.after(place, null);
      if (typeof chunk === 'string') break;
      expect(chunk.bytes.length).toBeLessThan(40_000);
      ids.push(...(idsIn(chunk) as number[]));
      place = chunk.reached ?? place;
    }
    expect(ids).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(chunks).toBeGreaterThan(4);
  });
});
