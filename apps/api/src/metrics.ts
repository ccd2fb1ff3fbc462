// The figures of the API. No id is ever a label: each label has a handful of values.
import { type Append, AppendError, type AppendResult } from '@orders/order-store/order-store';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { shedReasons } from './admission.ts';

/** Dashboards and alert rules name these. */
export const metricNames = {
  accepted: 'orders_accepted_total',
  appendDuration: 'orders_append_duration_seconds',
  appendFailures: 'orders_append_failures_total',
  shed: 'orders_shed_total',
  viewFallbacks: 'orders_view_fallbacks_total',
  requestDuration: 'http_request_duration_seconds',
  openStreams: 'orders_streams_open',
  streamedEvents: 'orders_streamed_events_total',
  streamLogReads: 'orders_stream_log_reads_total',
} as const;

export const streamNames = ['log', 'order'] as const;
export type StreamName = (typeof streamNames)[number];

const durationBuckets = [
  0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2, 5,
];

export type ApiMetrics = ReturnType<typeof createApiMetrics>;

export function createApiMetrics(registry: Registry) {
  const registers = [registry];
  const accepted = new Counter({
    name: metricNames.accepted,
    help: 'Answers with 201; replayed: for an order that an earlier request had placed.',
    labelNames: ['replayed'] as const,
    registers,
  });
  const appendDuration = new Histogram({
    name: metricNames.appendDuration,
    help: 'Time until the outcome of an append was known, tries and waiting included.',
    buckets: durationBuckets,
    registers,
  });
  const appendFailures = new Counter({
    name: metricNames.appendFailures,
    help: 'Appends whose outcome was not-stored or remained unknown.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const shed = new Counter({
    name: metricNames.shed,
    help: 'Orders refused with 503 because of the load, before anything was read or stored.',
    labelNames: ['reason'] as const,
    registers,
  });
  const viewFallbacks = new Counter({
    name: metricNames.viewFallbacks,
    help: 'Orders that were read from their stream because the view was missing, or the read model failed.',
    labelNames: ['reason'] as const,
    registers,
  });
  const requestDuration = new Histogram({
    name: metricNames.requestDuration,
    help: 'Time to answer a request.',
    labelNames: ['route', 'method', 'status_class'] as const,
    buckets: durationBuckets,
    registers,
  });

  const openStreams = new Gauge({
    name: metricNames.openStreams,
    help: 'Event streams that are open.',
    labelNames: ['stream'] as const,
    registers,
  });
  const streamedEvents = new Counter({
    name: metricNames.streamedEvents,
    help: 'Events sent to open streams.',
    labelNames: ['stream'] as const,
    registers,
  });
  const streamLogReads = new Counter({
    name: metricNames.streamLogReads,
    help: 'Reads of the event store for open streams: to begin, or because the newest events did not reach back far enough.',
    labelNames: ['stream'] as const,
    registers,
  });

  // A series that begins with its first increment hides that increment from rate().
  for (const replayed of ['true', 'false']) accepted.inc({ replayed }, 0);
  for (const outcome of ['not-stored', 'unknown']) appendFailures.inc({ outcome }, 0);
  for (const reason of shedReasons) shed.inc({ reason }, 0);
  for (const reason of ['missing', 'failed']) viewFallbacks.inc({ reason }, 0);
  for (const stream of streamNames) {
    openStreams.inc({ stream }, 0);
    streamedEvents.inc({ stream }, 0);
    streamLogReads.inc({ stream }, 0);
  }
  const streams = { openStreams, streamedEvents, streamLogReads };
  return { accepted, appendDuration, appendFailures, shed, viewFallbacks, requestDuration, ...streams };
}

type AppendPort = (append: Append) => Promise<AppendResult>;

export const measuredAppend =
  (append: AppendPort, { appendDuration, appendFailures }: ApiMetrics): AppendPort =>
  async (request) => {
    const stopTimer = appendDuration.startTimer();
    try {
      return await append(request);
    } catch (error) {
      appendFailures.inc({ outcome: error instanceof AppendError ? error.outcome : 'unknown' });
      throw error;
    } finally {
      stopTimer();
    }
  };
