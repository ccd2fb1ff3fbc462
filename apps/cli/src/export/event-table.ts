// The table `events`: one row for each order event, in the order of the log. What the types of events have in common
// stands in one column, whatever each of them calls it; `data` has all of it.
import { BIGINT, BOOLEAN, INTEGER, TIMESTAMP, UBIGINT, VARCHAR } from '@duckdb/node-api';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { countValue, priceType, priceValue, textValue, timeValue, wholeValue } from '../duckdb/column-values.ts';
import type { Column, Row } from '../duckdb/row-writer.ts';

export const eventColumns = [
  { name: 'position', type: UBIGINT },
  { name: 'order_id', type: VARCHAR },
  { name: 'revision', type: BIGINT },
  { name: 'type', type: VARCHAR },
  // When the event store took it, and when it happened by its own account.
  { name: 'recorded_at', type: TIMESTAMP },
  { name: 'occurred_at', type: TIMESTAMP },
  { name: 'account_id', type: VARCHAR },
  { name: 'order_type', type: VARCHAR },
  { name: 'side', type: VARCHAR },
  { name: 'instrument', type: VARCHAR },
  { name: 'limit_price', type: priceType },
  { name: 'quantity', type: BIGINT },
  { name: 'attempt', type: INTEGER },
  { name: 'exchange_order_id', type: VARCHAR },
  { name: 'evidence', type: VARCHAR },
  { name: 'code', type: VARCHAR },
  { name: 'reason', type: VARCHAR },
  { name: 'requested_by', type: VARCHAR },
  { name: 'during_outage', type: BOOLEAN },
  { name: 'event_id', type: VARCHAR },
  { name: 'correlation_id', type: VARCHAR },
  { name: 'causation_id', type: VARCHAR },
  { name: 'traceparent', type: VARCHAR },
  { name: 'schema_version', type: INTEGER },
  { name: 'data', type: VARCHAR },
] as const satisfies readonly Column[];

/** Whether it can be a row at all: what others wrote into an order stream may be any JSON. */
export const isTabular = ({ event }: RecordedOrderEvent): boolean => {
  const data: unknown = event.data;
  return typeof data === 'object' && data !== null && !Array.isArray(data);
};

const timeOf = (data: Record<string, unknown>): unknown =>
  data.placed_at ?? data.started_at ?? data.submitted_at ?? data.failed_at ?? data.in_doubt_since ?? data.requested_at;

export function eventRow(recorded: RecordedOrderEvent): Row {
  const { event, metadata } = recorded;
  const data: Record<string, unknown> = event.data;
  return [
    recorded.position.commit,
    textValue(recorded.orderId),
    recorded.revision,
    event.type,
    timeValue(recorded.recordedAt),
    timeValue(timeOf(data)),
    textValue(data.account_id),
    textValue(data.type),
    textValue(data.side),
    textValue(data.instrument),
    priceValue(data.limit_price),
    wholeValue(data.quantity),
    countValue(data.attempt ?? data.attempts),
    textValue(data.exchange_order_id),
    textValue(data.evidence),
    textValue(data.code),
    textValue(data.reason),
    textValue(data.by),
    typeof data.during_outage === 'boolean' ? data.during_outage : null,
    recorded.id,
    textValue(metadata.$correlationId),
    textValue(metadata.$causationId),
    textValue(metadata.traceparent),
    countValue(metadata.schema_version),
    JSON.stringify(data),
  ];
}

/** Of the column `data`, in characters. */
export const dataLengthOf = (row: Row): number => String(row.at(-1)).length;
