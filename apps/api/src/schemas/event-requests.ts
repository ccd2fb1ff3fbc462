// What may be asked of the log of events and of its streams.
import { orderEventTypes } from '@orders/domain/order-types';
import { type Static, Type } from 'typebox';
import { eventLinesMax, eventRules, eventsDefault } from './event-rules.ts';
import { oneOf } from './order-fields.ts';
import { ReadHeaders } from './requests.ts';

/** Whole numbers of any size are read later: only the log knows which of them are positions. */
const Position = (description: string) => Type.String({ pattern: '^\\d{1,20}$', description });

const strict = { additionalProperties: false };

const types = Type.Optional(
  Type.Array(oneOf(orderEventTypes), {
    maxItems: orderEventTypes.length,
    description: `Only these events; repeated or separated by commas: ${eventRules.type}.`,
  }),
);

export const EventLogQuery = Type.Object(
  {
    type: types,
    order: Type.Optional(
      Type.String({
        pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
        description: `Only the events of this order: ${eventRules.order}.`,
      }),
    ),
    recorded_from: Type.Optional(
      Type.String({ format: 'date-time', description: `Inclusive: ${eventRules.recorded_from}.` }),
    ),
    recorded_to: Type.Optional(
      Type.String({ format: 'date-time', description: `Exclusive: ${eventRules.recorded_to}.` }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: eventLinesMax,
        description:
          `Events a page, ${eventsDefault} if absent; with NDJSON events at all, if absent as many as there are: ` +
          `${eventRules.limit}.`,
      }),
    ),
    cursor: Type.Optional(
      Position('Begins after this place: `next_cursor`, or the `position` of the last event you have.'),
    ),
  },
  strict,
);
export type EventLogQuery = Static<typeof EventLogQuery>;

const lastEventId = Position(
  'For clients that cannot set the header `Last-Event-ID`, which wins: a reconnecting browser has both.',
);

export const LogStreamQuery = Type.Object({ type: types, last_event_id: Type.Optional(lastEventId) }, strict);
export const OrderStreamQuery = Type.Object({ last_event_id: Type.Optional(lastEventId) }, strict);

// Checked by hand: the position of the last event wins over whatever else is asked.
export const StreamHeaders = Type.Object({
  ...ReadHeaders.properties,
  'Last-Event-ID': Type.Optional(
    Type.String({ description: 'Begins after this event; browsers send it when they reconnect.' }),
  ),
});
