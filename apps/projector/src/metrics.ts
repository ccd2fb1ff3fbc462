// What the projector counts. Names, units and labels stand here and nowhere else; no id is ever a label.
import type { Requeued } from '@orders/placement-queue/placement-queue';
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';

// A series that begins with its first increment hides that increment from rate().
const noAnomalies: Record<'unreadable' | 'out-of-sequence', 0> = { unreadable: 0, 'out-of-sequence': 0 };
const noneSwept: Record<Requeued, 0> = { added: 0, retried: 0, left: 0, full: 0 };

export type ProjectorMetrics = ReturnType<typeof projectorMetrics>;

export function projectorMetrics(registry: Registry) {
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const metrics = {
    projectedEvents: new Counter({
      name: 'orders_projected_events_total',
      help: 'Order events committed to the read model.',
      registers,
    }),
    anomalies: new Counter({
      name: 'orders_projection_anomalies_total',
      help: 'Events that could not be read, or did not follow the view they belong to.',
      labelNames: ['kind'] as const,
      registers,
    }),
    resubscriptions: new Counter({
      name: 'orders_projection_resubscriptions_total',
      help: 'Times the subscription ended and was begun again.',
      registers,
    }),
    rebuilds: new Counter({
      name: 'orders_projection_rebuilds_total',
      help: 'Times the read model was built again from the start of the log.',
      registers,
    }),
    lagEvents: new Gauge({
      name: 'orders_projection_lag_events',
      help: 'Order events in the log that the read model does not reflect yet.',
      labelNames: ['shard'] as const,
      registers,
    }),
    lagSeconds: new Gauge({
      name: 'orders_projection_lag_seconds',
      help: 'Age of the oldest order event that the read model does not reflect yet.',
      labelNames: ['shard'] as const,
      registers,
    }),
    orders: new Gauge({
      name: 'orders_current',
      help: 'Orders in the read model, by status.',
      labelNames: ['shard', 'status'] as const,
      registers,
    }),
    openOrders: new Gauge({
      name: 'orders_open',
      help: 'Orders that are neither settled nor parked.',
      labelNames: ['shard'] as const,
      registers,
    }),
    oldestOpenSeconds: new Gauge({
      name: 'orders_oldest_open_seconds',
      help: 'Age of the oldest open order; 0 when none is open.',
      labelNames: ['shard'] as const,
      registers,
    }),
    inDoubtSeconds: new Gauge({
      name: 'orders_in_doubt_seconds',
      help: 'How long the longest of the orders in doubt is in doubt; 0 when none is.',
      labelNames: ['shard'] as const,
      registers,
    }),
    queueJobs: new Gauge({
      name: 'orders_queue_jobs',
      help: 'Placement jobs in the queue, by state.',
      labelNames: ['shard', 'state'] as const,
      registers,
    }),
    queueWaitSeconds: new Gauge({
      name: 'orders_queue_wait_seconds',
      help: 'How long the placement jobs that are next have waited for a worker; 0 when none waits.',
      labelNames: ['shard'] as const,
      registers,
    }),
    redisMemoryBytes: new Gauge({
      name: 'orders_redis_memory_bytes',
      help: 'Memory that the Redis of the shard uses.',
      labelNames: ['shard'] as const,
      registers,
    }),
    redisMemoryMaxBytes: new Gauge({
      name: 'orders_redis_memory_max_bytes',
      help: 'Memory beyond which the Redis of the shard refuses writes; 0: no limit of its own.',
      labelNames: ['shard'] as const,
      registers,
    }),
    submissionLatencySeconds: new Histogram({
      name: 'orders_submission_latency_seconds',
      help: 'From the acceptance of an order (201) to its submission at the exchange.',
      buckets: [0.5, 0.55, 0.6, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200],
      registers,
    }),
    leftOut: new Counter({
      name: 'orders_queue_full_total',
      help: 'Orders that got no placement job at once, because the queue was full.',
      registers,
    }),
    swept: new Counter({
      name: 'orders_swept_total',
      help: 'Old open orders whose job was looked for, by what was done.',
      labelNames: ['result'] as const,
      registers,
    }),
  };
  for (const [kind, none] of Object.entries(noAnomalies)) metrics.anomalies.inc({ kind }, none);
  for (const [result, none] of Object.entries(noneSwept)) metrics.swept.inc({ result }, none);
  return metrics;
}
