// What may happen behind POST /orders without anybody noticing there: the exchange fails, is slow or is silent, or
// Redis is away. Each cell is beside the healthy state, in which the exchange takes half a second and never fails.
import type { BenchSystem } from './bench-system.ts';

export type IsolationCell = {
  name: string;
  begin: (system: BenchSystem) => unknown;
  /** Beside the return to the healthy exchange. */
  end?: (system: BenchSystem) => unknown;
};

const healthyLatencyMs = 500;

const exchangeWith = (failure_rate: number, latencyMs: number) => (system: BenchSystem) =>
  system.setFaults({ failure_rate, latency: { kind: 'fixed', ms: latencyMs } });

export const makeHealthy = exchangeWith(0, healthyLatencyMs);

const failing = (percent: number): IsolationCell => ({
  name: `exchange fails ${percent} %, 0.5 s`,
  begin: exchangeWith(percent / 100, healthyLatencyMs),
});

const slow = (seconds: number): IsolationCell => ({
  name: `exchange takes ${seconds} s`,
  begin: exchangeWith(0, seconds * 1_000),
});

/** `scale` shortens the longest latency: whatever was begun under it has to end before the next cell begins. */
export const isolationCells = (scale: number): IsolationCell[] => [
  // Nothing differs from the healthy state: what such a comparison shows when there is nothing to be seen.
  failing(0),
  failing(10),
  failing(50),
  failing(100),
  slow(5),
  slow(Math.round(60 * Math.min(1, Math.max(scale, 0.05)))),
  {
    name: 'Redis is held still',
    begin: (system) => system.signal('redis', 'SIGSTOP'),
    end: (system) => system.signal('redis', 'SIGCONT'),
  },
  { name: 'Redis is killed, and started again', begin: (system) => system.signal('redis', 'SIGKILL') },
];
