// What may be asked of the log of events, in the words that both the documentation and the refusal of a request use.
// Some names mean something else here than they do for the list of orders, so these routes have rules of their own.
import { orderEventTypes } from '@orders/domain/order-types';

export const eventsDefault = 100;
export const eventsMax = 1_000;
export const eventLinesMax = 999_999_999;

const dateTime = 'must be a date and time with a time zone (RFC 3339), such as `2026-01-31T08:00:00Z`';
const position = 'must be the `position` of an event, or `0` for the start of the log';

export const eventRules = {
  type: `must be one or more of ${orderEventTypes.map((type) => `\`${type}\``).join(', ')}`,
  order: 'must be the id of an order',
  recorded_from: dateTime,
  recorded_to: dateTime,
  limit: `must be an integer from 1 to ${eventsMax}, with NDJSON to ${eventLinesMax}`,
  cursor: `${position}; the log must reach that far`,
  last_event_id: `${position}; the log must reach that far`,
  'Last-Event-ID': `${position}; the log must reach that far`,
} as const;
