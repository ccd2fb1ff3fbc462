// Orders as streams. The one place where the gateway's facts are written and read; everything else it knows is derived.
import type { Order, OrderEvent } from '@orders/domain/order-types';

/** Where in the log of all streams an event stands. Positions grow, but are not consecutive. */
export type LogPosition = { commit: bigint; prepare: bigint };

/** `null` is the start of the log, before every event. */
export function isLater(a: LogPosition | null, b: LogPosition | null): boolean {
  if (a === null || b === null) return a !== null;
  return a.commit > b.commit || (a.commit === b.commit && a.prepare > b.prepare);
}

export type ExpectedRevision = bigint | 'no_stream';

/** Who asked, and by which command: goes into the metadata of every event, and into its id. */
export type CommandContext = {
  /** One id for everything that follows from one client request. */
  correlationId: string;
  /** Unique to this decision: a repeated append of the same decision is recognised, a rival's is a conflict. */
  causationId: string;
  /** W3C trace context of the request, if it had one. */
  traceparent?: string | undefined;
};

export type EventMetadata = {
  $correlationId: string;
  $causationId: string;
  traceparent?: string;
  schema_version: number;
};

export type RecordedOrderEvent = {
  event: OrderEvent;
  id: string;
  orderId: string;
  revision: bigint;
  position: LogPosition;
  /** When the event store took it. */
  recordedAt: Date;
  metadata: EventMetadata;
};

export type Append = {
  orderId: string;
  expectedRevision: ExpectedRevision;
  events: readonly OrderEvent[];
  context: CommandContext;
};

export type AppendResult =
  | { kind: 'stored'; revision: bigint; position: LogPosition }
  /** The stream is not where the caller believed: load, and decide again. */
  | { kind: 'conflict' };

export type LoadedOrder = { order: Order; revision: ExpectedRevision; history: RecordedOrderEvent[] };

export type OrderStore = {
  /**
   * Resolves once the events are durable, or certainly are not because of a rival. Rejects with {@link AppendError}.
   */
  append: (append: Append) => Promise<AppendResult>;
  /**
   * The order as its stream tells it; `absent` when there is none. Rejects when the event store does not answer in
   * time.
   */
  load: (orderId: string) => Promise<LoadedOrder>;
};

/** `not-stored`: certainly nothing was written. `unknown`: it may have been; the same append may be sent again. */
export type AppendFailure = 'not-stored' | 'unknown';

export class AppendError extends Error {
  override readonly name = 'AppendError';
  readonly outcome: AppendFailure;

  constructor(outcome: AppendFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.outcome = outcome;
  }
}

export const orderStreamPrefix = 'order-';
export const orderStream = (orderId: string): string => `${orderStreamPrefix}${orderId}`;
