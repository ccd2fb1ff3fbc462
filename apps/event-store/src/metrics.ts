// The figures of the store, in a registry of their own so that several stores can run in one process.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    appendedEvents: new Counter({
      name: 'event_store_appended_events_total',
      help: 'Events stored since the start.',
      registers,
    }),
    commitDuration: new Histogram({
      name: 'event_store_commit_duration_seconds',
      help: 'Time from the start of a group commit until it is on the disk.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
      registers,
    }),
    subscriptions: new Gauge({
      name: 'event_store_subscriptions',
      help: 'Open subscriptions.',
      registers,
    }),
  };
}
