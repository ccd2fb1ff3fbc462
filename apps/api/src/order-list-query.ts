// From the query string of the list to a question for the read model.
import type { OrderCursor, OrderFilter } from '@orders/read-model/order-queries';
import { decodeCursor } from './cursor.ts';
import { breaksRule, type FieldErrors } from './field-errors.ts';
import type { RuledField } from './schemas/field-rules.ts';
import { type OrderListQuery, pageSizeDefault } from './schemas/requests.ts';

type RawQuery = Readonly<Record<string, unknown>>;
type Reading = { filter: OrderFilter; limit: number; after: OrderCursor | null } | { errors: FieldErrors };

const wholeNumber = /^\d{1,9}$/;

/**
 * A query string holds only text, where the schema speaks of numbers and lists. Text that is neither is left as it is,
 * for the schema to refuse.
 */
export function typedQuery(raw: RawQuery): Record<string, unknown> {
  const { status, limit } = raw;
  const typed: Record<string, unknown> = { ...raw };
  if (status !== undefined) typed.status = [status].flat().flatMap((text) => String(text).split(','));
  if (typeof limit === 'string' && wholeNumber.test(limit)) typed.limit = Number(limit);
  return typed;
}

export function readListQuery(query: OrderListQuery): Reading {
  const { status, side, type, instrument, account, placed_from, placed_to, limit = pageSizeDefault, cursor } = query;
  const placedFromMs = milliseconds(placed_from);
  const placedToMs = milliseconds(placed_to);
  const after = cursor === undefined ? undefined : decodeCursor(cursor);

  // The schema takes a leap second for a time; a clock that counts milliseconds since 1970 has none.
  const errors: FieldErrors = new Map();
  const refuse = (field: RuledField) => errors.set(field, breaksRule('querystring', field));
  if (Number.isNaN(placedFromMs)) refuse('placed_from');
  if (Number.isNaN(placedToMs)) refuse('placed_to');
  if (after === null) refuse('cursor');
  if (errors.size > 0) return { errors };

  const filter = { statuses: status, side, type, instrument, account_id: account, placedFromMs, placedToMs };
  return { filter, limit, after: after ?? null };
}

const milliseconds = (time: string | undefined): number | undefined =>
  time === undefined ? undefined : Date.parse(time);
