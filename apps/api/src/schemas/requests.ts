// What requests may hold. Each field is looked at by itself; the rules between fields are in order-body.ts.
import { limitPriceMax, limitPricePattern } from '@orders/domain/limit-price';
import { orderStatuses } from '@orders/domain/order-types';
import { type Static, Type } from 'typebox';
import { cursorLengthMax } from '../cursor.ts';
import { bodyExamples, redriveBodyExamples } from './examples.ts';
import { fieldRules, pageSizeMax, quantityMax } from './field-rules.ts';
import { Instrument, OrderSide, OrderType, oneOf } from './order-fields.ts';

export const pageSizeDefault = 50;

const strict = { additionalProperties: false };
const accountIdPattern = '^[A-Za-z0-9._-]{1,64}$';

export const OrderBody = Type.Object(
  {
    type: OrderType,
    side: OrderSide,
    instrument: Instrument,
    limit_price: Type.Optional(
      Type.Union(
        [
          Type.Number({ exclusiveMinimum: 0, maximum: Number(limitPriceMax) }),
          Type.String({ pattern: limitPricePattern }),
          Type.Null(),
        ],
        {
          description: `For \`limit\` required, for \`market\` prohibited or \`null\`: ${fieldRules.limit_price}.`,
        },
      ),
    ),
    quantity: Type.Integer({
      minimum: 1,
      maximum: quantityMax,
      description: `Whole units: ${fieldRules.quantity}.`,
    }),
  },
  { ...strict, 'x-examples': bodyExamples },
);

export type OrderBody = Static<typeof OrderBody>;

const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '\\S', description });

export const RedriveBody = Type.Object(
  {
    by: text(100, `Who wants it: ${fieldRules.by}.`),
    reason: text(500, `Why, for those who read the history: ${fieldRules.reason}.`),
  },
  { ...strict, 'x-examples': redriveBodyExamples },
);

export const OrderParams = Type.Object({
  id: Type.String({
    pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
    description: 'The `id` that POST /orders answered with.',
  }),
});

// Never refused: an unusable one is replaced, or left out.
const RequestHeaders = {
  'X-Request-Id': Type.Optional(
    Type.String({
      description: 'Follows the order through all processes and is answered with; if unusable, a new one.',
    }),
  ),
};

export const ReadHeaders = Type.Object(RequestHeaders);

const traceparent = Type.Optional(
  Type.String({ description: 'W3C trace context, kept with the events of the order.' }),
);

export const RedriveHeaders = Type.Object({ ...RequestHeaders, traceparent });

export const PlacementHeaders = Type.Object({
  'X-Account-Id': Type.Optional(
    Type.String({
      pattern: accountIdPattern,
      description: `Whose order it is, \`default\` if absent: ${fieldRules['X-Account-Id']}.`,
    }),
  ),
  'Idempotency-Key': Type.Optional(
    Type.String({
      pattern: '^[!-~]{1,255}$',
      description:
        `Sent again with the same body, gives the same order, for ever; keys belong to an account: ` +
        `${fieldRules['Idempotency-Key']}.`,
    }),
  ),
  ...RequestHeaders,
  traceparent,
});

export const OrderListQuery = Type.Object(
  {
    status: Type.Optional(
      Type.Array(oneOf(orderStatuses), {
        maxItems: orderStatuses.length,
        description: `Repeated or separated by commas: ${fieldRules.status}.`,
      }),
    ),
    side: Type.Optional(OrderSide),
    type: Type.Optional(OrderType),
    instrument: Type.Optional(Instrument),
    account: Type.Optional(
      Type.String({ pattern: accountIdPattern, description: `Account id: ${fieldRules.account}.` }),
    ),
    placed_from: Type.Optional(
      Type.String({ format: 'date-time', description: `Inclusive: ${fieldRules.placed_from}.` }),
    ),
    placed_to: Type.Optional(Type.String({ format: 'date-time', description: `Exclusive: ${fieldRules.placed_to}.` })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: pageSizeMax,
        default: pageSizeDefault,
        description: `Orders a page: ${fieldRules.limit}.`,
      }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: cursorLengthMax, description: `Where the page begins: ${fieldRules.cursor}.` }),
    ),
  },
  strict,
);
export type OrderListQuery = Static<typeof OrderListQuery>;
