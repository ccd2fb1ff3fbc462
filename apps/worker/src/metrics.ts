// What a worker counts. Names, units and labels stand here and nowhere else; no id is ever a label.
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';

import type { PlacementObserver } from './place-order.ts';

export type WorkerMetrics = ReturnType<typeof workerMetrics>;

export function workerMetrics(registry: Registry) {
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    attempts: new Counter({
      name: 'orders_placement_attempts_total',
      help: 'Calls to the exchange, by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    attemptSeconds: new Histogram({
      name: 'orders_placement_attempt_duration_seconds',
      help: 'How long a call to the exchange took.',
      buckets: [0.05, 0.25, 0.5, 0.55, 0.6, 0.75, 1, 2, 5, 10],
      registers,
    }),
    queries: new Counter({
      name: 'orders_exchange_queries_total',
      help: 'Questions to the exchange after an unknown outcome, by answer.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    jobs: new Counter({
      name: 'orders_placement_jobs_total',
      help: 'Placement jobs worked on, by how they ended.',
      labelNames: ['end'] as const,
      registers,
    }),
    contradictions: new Counter({
      name: 'orders_contradictions_total',
      help: 'Answers of the exchange that contradict the stream of the order. Each one needs a person.',
      registers,
    }),
    breakerOpen: new Gauge({
      name: 'orders_exchange_breaker_open',
      help: '1 while the circuit breaker holds calls back from the exchange.',
      registers,
    }),
    stalled: new Counter({
      name: 'orders_placement_jobs_stalled_total',
      help: 'Jobs taken over from a worker that lost its lock.',
      registers,
    }),
  };
}

export const placementObserver = ({ attempts, attemptSeconds, queries }: WorkerMetrics): PlacementObserver => ({
  onAttempt: (outcome, seconds) => {
    attempts.inc({ outcome });
    attemptSeconds.observe(seconds);
  },
  onQuery: (outcome) => queries.inc({ outcome }),
});
