import type { PlacementOutcome } from '@orders/stock-exchange/exchange';
import { describe, expect, it, vi } from 'vitest';
import { exchangeBreaker } from './exchange-breaker.ts';

const limits = { threshold: 0.6, firstPauseMs: 20, longestPauseMs: 100 };
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

  it('lets calls through again once probes succeed', async () => {
    const { call, calls, changes } = breaker();
    await calls(notPlaced, 100);
    await vi.waitFor(async () => {
      await calls(confirmed, 3);
      expect(await call(confirmed)).toBe(true);
      expect(changes.at(-1)).toBe(false);
    });
  });

  it('passes on what the step throws', async () => {
    const { guard } = breaker();
    await expect(guard(() => Promise.reject(new Error('event store down')))).rejects.toThrow('event store down');
  });
});
