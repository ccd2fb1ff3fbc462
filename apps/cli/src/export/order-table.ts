// The table `orders`: one row for each order, as consumers see it, in the order in which the orders were placed.
import { BIGINT, INTEGER, TIMESTAMP, UBIGINT, VARCHAR } from '@duckdb/node-api';
import type { OrderView } from '@orders/read-model/order-view';
import { countValue, priceType, priceValue, textValue, timeValue, wholeValue } from '../duckdb/column-values.ts';
import type { Column, Row } from '../duckdb/row-writer.ts';

export const orderColumns = [
  { name: 'id', type: VARCHAR },
  { name: 'account_id', type: VARCHAR },
  { name: 'created_at', type: TIMESTAMP },
  { name: 'type', type: VARCHAR },
  { name: 'side', type: VARCHAR },
  { name: 'instrument', type: VARCHAR },
  { name: 'limit_price', type: priceType },
  { name: 'quantity', type: BIGINT },
  { name: 'status', type: VARCHAR },
  { name: 'attempts', type: INTEGER },
  { name: 'redrives', type: INTEGER },
  { name: 'exchange_order_id', type: VARCHAR },
  { name: 'submitted_at', type: TIMESTAMP },
  { name: 'failure_code', type: VARCHAR },
  { name: 'failure_reason', type: VARCHAR },
  { name: 'in_doubt_since', type: TIMESTAMP },
  { name: 'revision', type: BIGINT },
  { name: 'placed_position', type: UBIGINT },
  { name: 'last_position', type: UBIGINT },
] as const satisfies readonly Column[];

export type FoldedOrder = {
  id: string;
  view: OrderView;
  /** Where its placement stands in the log, and the last of its events so far. */
  placedPosition: bigint;
  lastPosition: bigint;
};

export function orderRow({ id, view, placedPosition, lastPosition }: FoldedOrder): Row {
  return [
    id,
    textValue(view.account_id),
    timeValue(view.created_at),
    textValue(view.type),
    textValue(view.side),
    textValue(view.instrument),
    priceValue(view.limit_price),
    wholeValue(view.quantity),
    view.status,
    countValue(view.attempts),
    view.redrives,
    textValue(view.exchange_order_id),
    timeValue(view.submitted_at),
    textValue(view.failure?.code),
    textValue(view.failure?.reason),
    timeValue(view.in_doubt_since),
    wholeValue(view.revision),
    placedPosition,
    lastPosition,
  ];
}
