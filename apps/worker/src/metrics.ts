// What a worker counts. Names, units and labels stand here and nowhere else; no id is ever a label.
import type { PlacementOutcome, QueryOutcome } from '@orders/stock-exchange/exchange';
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';
import type { PlacementEnd, PlacementObserver } from './place-order.ts';

// A series that begins with its first increment hides that increment from rate().
const noAttempts: Record<PlacementOutcome['kind'], 0> = { confirmed: 0, refused: 0, not_placed: 0, unknown: 0 };
const noQueries: Record<QueryOutcome['kind'], 0> = { found: 0, absent: 0, unknown: 0 };
const noJobs: Record<PlacementEnd['kind'] | 'error', 0> = {
  settled: 0,
  open: 0,
  superseded: 0,
  exchange_unavailable: 0,
  error: 0,
};

export type WorkerMetrics = ReturnType<typeof workerMetrics>;

export function workerMetrics(registry: Registry) {
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const metrics = {
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
  for (const [outcome, none] of Object.entries(noAttempts)) metrics.attempts.inc({ outcome }, none);
  for (const [outcome, none] of Object.entries(noQueries)) metrics.queries.inc({ outcome }, none);
  for (const [end, none] of Object.entries(noJobs)) metrics.jobs.inc({ end }, none);
  return metrics;
}

export const placementObserver = ({ attempts, attemptSeconds, queries }: WorkerMetrics): PlacementObserver => ({
  onAttempt: (outcome, seconds) => {
    attempts.inc({ outcome });
    attemptSeconds.observe(seconds);
  },
  onQuery: (outcome) => queries.inc({ outcome }),
});
