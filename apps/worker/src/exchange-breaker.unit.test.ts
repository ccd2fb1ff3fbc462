import type { PlacementOutcome } from '@orders/stock-exchange/exchange';
import { describe, expect, it, vi } from 'vitest';
import { exchangeBreaker } from './exchange-breaker.ts';

const generously = { timeout: 30_000 };

const limits = { threshold: 0.6, firstPauseMs: 20, longestPauseMs: 100, doublingMs: 20 };
const confirmed: PlacementOutcome = { kind: 'confirmed', exchangeOrderId: 'x' };
const notPlaced: PlacementOutcome = { kind: 'not_placed', reason: 'no connection' };
const refused: PlacementOutcome = { kind: 'refused', reason: 'halted' };
const unknown: PlacementOutcome = { kind: 'unknown', reason: 'no answer' };

function breaker() {
  const changes: boolean[] = [];
  const guard = exchangeBreaker(limits, (open) => changes.push(open));
  const call = async (outcome: PlacementOutcome) => (await guard(async () => outcome)).called;
  const calls = async (outcome: PlacementOutcome, count: number) => {
    for (let n = 0; n < count; n += 1) await call(outcome);
  };
  return { guard, call, calls, changes };
}

describe('exchangeBreaker', () => {
  it('lets a day with one failure in ten pass', async () => {
    const { call, calls, changes } = breaker();
    for (let n = 0; n < 30; n += 1) {
      await calls(confirmed, 9);
      await call(n % 2 === 0 ? notPlaced : unknown);
    }
    expect(await call(confirmed)).toBe(true);
    expect(changes).toEqual([]);
  });

  it('does not hold an order against the exchange that it refuses by a rule', async () => {
    const { call, calls } = breaker();
    await calls(refused, 100);
    expect(await call(confirmed)).toBe(true);
  });

  it.each([notPlaced, unknown])('holds calls back from an exchange that only answers $kind', async (outcome) => {
    const { call, calls, changes } = breaker();
    await calls(outcome, 100);
    expect(await call(confirmed)).toBe(false);
    expect(changes[0]).toBe(true);
  });

  it('needs no more than a few calls that all fail, however slowly they come', async () => {
    const { call, calls } = breaker();
    await calls(notPlaced, 9);
    expect(await call(confirmed)).toBe(true);
    await calls(notPlaced, 10);
    expect(await call(confirmed)).toBe(false);
  });

  it('lets calls through again once probes succeed', async () => {
    const { call, calls, changes } = breaker();
    await calls(notPlaced, 100);
    await vi.waitFor(async () => {
      await calls(confirmed, 3);
      expect(await call(confirmed)).toBe(true);
      expect(changes.at(-1)).toBe(false);
    }, generously);
  });

  it('tells a probe from a call, and which calls were made in an outage', async () => {
    const { guard, calls } = breaker();
    expect(await guard(async (probing) => (probing ? unknown : confirmed))).toEqual({
      called: true,
      outcome: confirmed,
      duringOutage: false,
    });
    await calls(notPlaced, 100);
    await vi.waitFor(async () => {
      const probed = await guard(async (probing) => (probing ? unknown : confirmed));
      expect(probed).toEqual({ called: true, outcome: unknown, duringOutage: true });
    }, generously);
  });

  it('lets calls through few at first after an outage, and all of them soon', async () => {
    const { guard, call, calls, changes } = breaker();
    await calls(notPlaced, 100);
    await vi.waitFor(async () => {
      await call(confirmed);
      expect(changes).toEqual([true, false]);
    }, generously);
    const held: PromiseWithResolvers<PlacementOutcome>[] = [];
    const all = Array.from({ length: 100 }, () =>
      guard(() => {
        const one = Promise.withResolvers<PlacementOutcome>();
        held.push(one);
        return one.promise;
      }),
    );
    await Promise.resolve();
    const first = held.length;
    await vi.waitFor(() => expect(held).toHaveLength(100), generously);
    expect(first).toBeLessThan(100);
    for (const { resolve } of held) resolve(confirmed);
    expect((await Promise.all(all)).every(({ called }) => called)).toBe(true);
  });

  it('passes on what the step throws', async () => {
    const { guard } = breaker();
    await expect(guard(() => Promise.reject(new Error('event store down')))).rejects.toThrow('event store down');
  });
});
