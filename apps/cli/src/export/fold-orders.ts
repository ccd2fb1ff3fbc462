// Events in a table, folded into orders by the one fold there is. DuckDB brings the events of an order together, on
// disk where memory is too small; here there is never more than one order, and the rows that DuckDB hands over at once.
import type { DuckDBConnection } from '@duckdb/node-api';
import type { OrderEvent } from '@orders/domain/order-types';
import { applyToView, type OrderView } from '@orders/read-model/order-view';
import type { FoldedOrder } from './order-table.ts';

type FoldSource = {
  /** A relation with the columns of `events`, which holds every event of the chosen orders from their placement on. */
  events: string;
  /** A relation of `order_id` and `placed_position`: the orders to fold, and where the first placement of each stands. */
  chosen: string;
};

/** In the order in which they were placed. */
export async function* foldOrders(
  connection: DuckDBConnection,
  { events, chosen }: FoldSource,
): AsyncGenerator<FoldedOrder[]> {
  const result = await connection.stream(`
    SELECT chosen.placed_position, events.order_id, events.revision, events.position, events.type, events.data
    FROM (${events}) AS events JOIN (${chosen}) AS chosen USING (order_id)
    ORDER BY chosen.placed_position, events.revision`);
  let order: Partial<FoldedOrder> = {};
  for await (const chunk of result) {
    const folded: FoldedOrder[] = [];
    const column = <T>(index: number) => chunk.getColumnValues(index) as T[];
    const [placements, ids, revisions] = [column<bigint>(0), column<string>(1), column<bigint>(2)];
    const [positions, types, datas] = [column<bigint>(3), column<string>(4), column<string>(5)];
    for (const [row, placedPosition] of placements.entries()) {
      const { [row]: id = '' } = ids;
      if (id !== order.id) {
        if (isWhole(order)) folded.push(order);
        order = { id, placedPosition };
      }
      const event = { type: types[row], data: JSON.parse(datas[row] ?? '') } as OrderEvent;
      const view: OrderView | null = applyToView(order.view ?? null, event, Number(revisions[row]));
      if (view === null) continue;
      order.view = view;
      order.lastPosition = positions[row] ?? 0n;
    }
    if (folded.length > 0) yield folded;
  }
  if (isWhole(order)) yield [order];
}

const isWhole = (order: Partial<FoldedOrder>): order is FoldedOrder => order.view !== undefined;
