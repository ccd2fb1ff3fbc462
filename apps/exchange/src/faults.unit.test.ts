import type { ExchangeOrder } from '@orders/stock-exchange/exchange';
import { describe, expect, it } from 'vitest';
import { drawLatencyMs, FaultsError, faultControl, type Latency, latencyMsMax, rejectReason } from './faults.ts';

const startUp = { failure_rate: 0.1, latency_ms: 500 };
const asConfigured = {
  failure_rate: 0.1,
  latency: { kind: 'fixed', ms: 500 },
  outage: false,
  hang: false,
  lose_answer_rate: 0,
  reject: [],
};

describe('faultControl', () => {
  it('begins with the settings of the start and no other fault', () => {
    expect(faultControl(startUp).current()).toEqual(asConfigured);
  });

  it('returns what a document leaves out to its start-up value', () => {
    const faults = faultControl(startUp);
    faults.replace({ failure_rate: 1, outage: true });
    expect(faults.replace({ hang: true })).toEqual({ ...asConfigured, hang: true });
    expect(faults.replace({})).toEqual(asConfigured);
    expect(faults.current()).toEqual(asConfigured);
  });

  it('keeps the faults it has when a document contradicts itself', () => {
    const faults = faultControl(startUp);
    faults.replace({ outage: true });
    const upsideDown = { latency: { kind: 'uniform', min_ms: 2, max_ms: 1 } } as const;
    expect(() => faults.replace(upsideDown)).toThrow(FaultsError);
    expect(faults.current().outage).toBe(true);
  });
});

describe('drawLatencyMs', () => {
  const drawing = (...values: number[]) => {
    const rest = values[Symbol.iterator]();
    return () => rest.next().value ?? 0.5;
  };
  const lognormal: Latency = { kind: 'lognormal', median_ms: 100, sigma: 1 };

  it.each<[string, Latency, () => number, number]>([
    ['the fixed value', { kind: 'fixed', ms: 7 }, drawing(0.9), 7],
    ['the lower end', { kind: 'uniform', min_ms: 10, max_ms: 20 }, drawing(0), 10],
    ['the middle', { kind: 'uniform', min_ms: 10, max_ms: 20 }, drawing(0.5), 15],
    ['the median for a normal draw of zero', lognormal, drawing(0, 0), 100],
    ['the median whatever the draw without spread', { ...lognormal, sigma: 0 }, drawing(0.99, 0.3), 100],
    ['no more than the bound', { ...lognormal, sigma: 5 }, drawing(1 - 2 ** -53, 0), latencyMsMax],
  ])('gives %s', (_name, latency, random, expected) => {
    expect(drawLatencyMs(latency, random)).toBe(expected);
  });

  it('has half of the lognormal draws on each side of the median', () => {
    const grid = Array.from({ length: 100 }, (_, index) => (index + 0.5) / 100);
    const draws = grid.flatMap((u) => grid.map((v) => drawLatencyMs(lognormal, drawing(u, v))));
    expect(draws.filter((ms) => ms < 100)).toHaveLength(5_000);
  });
});

describe('rejectReason', () => {
  const order: ExchangeOrder = {
    clientOrderId: '3f0c4f0e-8f5a-5d8e-9c53-1f0a4f6f7a11',
    terms: { type: 'market', side: 'buy', instrument: 'DE0007164600', limit_price: null, quantity: 5 },
  };
  const reason = 'closed';

  it.each([
    ['no condition', {}],
    ['its instrument', { instrument: 'DE0007164600' }],
    ['its side', { side: 'buy' }],
    ['a quantity below it', { quantity_above: 4 }],
    ['all conditions at once', { instrument: 'DE0007164600', side: 'buy', quantity_above: 0 }],
  ] as const)('matches an order by %s', (_name, conditions) => {
    expect(rejectReason([{ ...conditions, reason }], order)).toBe(reason);
  });

  it.each([
    ['another instrument', { instrument: 'DE0007164601' }],
    ['the other side', { side: 'sell' }],
    ['its very quantity', { quantity_above: 5 }],
    ['one condition of two', { side: 'buy', quantity_above: 5 }],
  ] as const)('passes an order by with %s', (_name, conditions) => {
    expect(rejectReason([{ ...conditions, reason }], order)).toBeUndefined();
  });

  it('gives the reason of the first rule that matches', () => {
    const rules = [{ side: 'sell', reason: 'first' }, { side: 'buy', reason: 'second' }, { reason: 'third' }] as const;
    expect(rejectReason([...rules], order)).toBe('second');
  });
});
