// From the query string of the log to a question that it can be asked.
import type { OrderEvent } from '@orders/domain/order-types';
import { brokenRule, type FieldErrors } from '../field-errors.ts';
import type { EventLogQuery } from '../schemas/event-requests.ts';
import { eventRules, eventsDefault, eventsMax } from '../schemas/event-rules.ts';
import type { Place } from './event-sources.ts';

type RawQuery = Readonly<Record<string, unknown>>;

export type EventFilter = {
  types: ReadonlySet<OrderEvent['type']> | null;
  /** Milliseconds since 1970, inclusive. */
  recordedFromMs: number | null;
  /** Exclusive. */
  recordedToMs: number | null;
};

export type EventQuestion = {
  filter: EventFilter;
  orderId: string | null;
  cursor: Place | null;
  /** `null` for as many as there are. */
  limit: number | null;
};

const wholeNumber = /^\d{1,9}$/;
// Positions are unsigned numbers of 64 bits to the event store.
const placeMax = 2n ** 64n - 1n;

/** A query string holds only text; what is neither a number nor a list is left as it is, for the schema to refuse. */
export function typedEventQuery(raw: RawQuery): Record<string, unknown> {
  const { type, limit } = raw;
  const typed: Record<string, unknown> = { ...raw };
  if (type !== undefined) typed.type = [type].flat().flatMap((text) => String(text).split(','));
  if (typeof limit === 'string' && wholeNumber.test(limit)) typed.limit = Number(limit);
  return typed;
}

/** `lines`: asked as NDJSON, which has no pages. */
export function readEventQuery(query: EventLogQuery, lines: boolean): EventQuestion | { errors: FieldErrors } {
  const { type, order, recorded_from, recorded_to, limit } = query;
  const recordedFromMs = recorded_from === undefined ? null : Date.parse(recorded_from);
  const recordedToMs = recorded_to === undefined ? null : Date.parse(recorded_to);
  const cursor = query.cursor === undefined ? null : readPlace(query.cursor);

  const errors: FieldErrors = new Map();
  const refuse = (field: keyof typeof eventRules) =>
    errors.set(field, brokenRule('querystring', field, eventRules[field]));
  // The schema takes a leap second for a time; a clock that counts milliseconds since 1970 has none.
  if (Number.isNaN(recordedFromMs)) refuse('recorded_from');
  if (Number.isNaN(recordedToMs)) refuse('recorded_to');
  if (!lines && limit !== undefined && limit > eventsMax) refuse('limit');
  if (cursor === 'beyond') refuse('cursor');
  if (errors.size > 0 || cursor === 'beyond') return { errors };

  const types = type === undefined ? null : new Set(type);
  return {
    filter: { types, recordedFromMs, recordedToMs },
    orderId: order?.toLowerCase() ?? null,
    cursor,
    limit: limit ?? (lines ? null : eventsDefault),
  };
}

/** `beyond` for digits that no position can have. */
export function readPlace(digits: string): Place | 'beyond' {
  const place = BigInt(digits);
  return place > placeMax ? 'beyond' : place;
}
