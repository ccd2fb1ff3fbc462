// What answers hold. Named, so that the documentation, and the clients generated from it, have each shape once.
import { orderEventTypes, orderStatuses } from '@orders/domain/order-types';
import { type Static, type TSchema, Type } from 'typebox';
import { Instrument, nullable, OrderSide, OrderType, oneOf } from './order-fields.ts';

const Uuid = Type.String({ format: 'uuid' });
const DateTime = Type.String({ format: 'date-time' });

const terms = {
  type: OrderType,
  side: OrderSide,
  instrument: Instrument,
  limit_price: nullable(Type.Number({ description: 'Exact, with at most 2 decimals; `null` for a market order.' })),
  quantity: Type.Integer({ description: 'Whole units.' }),
};

export const PlacedOrder = Type.Object(
  {
    id: Uuid,
    created_at: DateTime,
    ...terms,
    status: oneOf(['placed'], 'Durably stored; it will be placed on the exchange.'),
  },
  { $id: 'PlacedOrder' },
);
export type PlacedOrder = Static<typeof PlacedOrder>;

export const Order = Type.Object(
  {
    id: Uuid,
    account_id: Type.String(),
    created_at: DateTime,
    ...terms,
    status: oneOf(
      orderStatuses,
      '`placed`: stored, to be submitted. `submitting`: sent to the exchange, the answer is open. `submitted`: the ' +
        'exchange has it. `failed`: definitely not at the exchange. `in_doubt`: unknown, and with an operator.',
    ),
    attempts: Type.Integer({ description: 'Calls to the exchange begun so far.' }),
    exchange_order_id: nullable(Type.String()),
    submitted_at: nullable(DateTime),
    failure: nullable(
      Type.Object({ code: Type.String(), reason: Type.String() }, { description: 'Why it failed, or is in doubt.' }),
    ),
    in_doubt_since: nullable(DateTime),
    redrives: Type.Integer({ description: 'How often an operator sent it round again.' }),
    revision: Type.Integer({ description: 'The revision of the stream of the order that this reflects.' }),
  },
  { $id: 'Order' },
);
export type Order = Static<typeof Order>;

const nextCursor =
  'Goes into `cursor` for the next page; `null` on the last one. Even an empty page may have a next one.';

export const OrderPage = Type.Object(
  { orders: Type.Array(ref(Order)), next_cursor: nullable(Type.String({ description: nextCursor })) },
  { $id: 'OrderPage' },
);

const RecordedEvent = Type.Object(
  {
    type: oneOf(orderEventTypes),
    revision: Type.String({ description: 'Place within the stream of the order, from 0.' }),
    position: Type.String({ description: 'Place within the log of all streams.' }),
    recorded_at: DateTime,
    data: Type.Object({}, { additionalProperties: true, description: 'As stored: prices are decimal strings.' }),
    metadata: Type.Object({}, { additionalProperties: true }),
    id: Uuid,
  },
  { $id: 'RecordedEvent' },
);

export const OrderEvents = Type.Object({ events: Type.Array(ref(RecordedEvent)) }, { $id: 'OrderEvents' });

export const EventPage = Type.Object(
  {
    events: Type.Array(ref(RecordedEvent)),
    next_cursor: Type.String({ description: 'Goes into `cursor` to go on from here, now or later; always there.' }),
    at_end: Type.Boolean({ description: 'Whether the log, as asked for, holds nothing further at the moment.' }),
  },
  { $id: 'EventPage' },
);

const FieldProblem = Type.Object({ field: Type.String(), message: Type.String() });

export const ProblemDetails = Type.Object(
  {
    type: oneOf(['about:blank']),
    title: Type.String({ description: 'The name of the status.' }),
    status: Type.Integer(),
    code: Type.String({ description: 'What clients branch on.' }),
    detail: Type.String({ description: 'For people; may change.' }),
    errors: Type.Optional(Type.Array(FieldProblem, { description: 'One entry for each field that is not valid.' })),
  },
  { $id: 'ProblemDetails', description: 'RFC 9457' },
);

export const placementFailureMessage = 'Internal server error while placing the order';

export const PlacementFailure = Type.Object({ message: oneOf([placementFailureMessage]) }, { $id: 'PlacementFailure' });

/** What {@link ref} may refer to. */
export const namedSchemas = [
  PlacedOrder,
  Order,
  OrderPage,
  RecordedEvent,
  OrderEvents,
  EventPage,
  ProblemDetails,
  PlacementFailure,
];

/** Refers to a named schema; the types still know what it holds. */
export function ref<Named extends TSchema>(schema: Named) {
  return Type.Unsafe<Static<Named>>({ $ref: `${(schema as { $id?: string }).$id}#` });
}
