import { expect, it } from 'vitest';
import { memorySamples } from './memory-samples.ts';

const usageOf = (bytes: Readonly<Record<string, number>>) =>
  new Map(Object.entries(bytes).map(([name, residentBytes]) => [name, { cpuSeconds: 0, residentBytes }]));

it('tells how far above its median the worst process of a kind was', () => {
  const samples = memorySamples();
  for (const [api, first, second] of [
    [100, 100, 100],
    [100, 100, 150],
    [100, 110, 100],
  ] as const) {
    samples.add(usageOf({ 'api-1': api, 'worker-1': first, 'worker-2': second }));
  }
  expect(samples.rise('api')).toBe(0);
  expect(samples.rise('worker')).toBeCloseTo(0.5);
});

it('has no figure for a process that nobody looked at', () => {
  expect(() => memorySamples().rise('api')).toThrow('api');
});
