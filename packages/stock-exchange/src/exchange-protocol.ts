// The messages between the gateway and the exchange, written once for both ends. Only the problem codes below are
// statements of the exchange about an order; an error without one of them says nothing.
import { type Static, Type } from 'typebox';

/** Lower case only, so that one order cannot have two spellings. */
export const ClientOrderId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
});

const terms = {
  type: Type.Enum(['market', 'limit']),
  side: Type.Enum(['buy', 'sell']),
  instrument: Type.String({ minLength: 12, maxLength: 12 }),
  limit_price: Type.Union([Type.String({ pattern: '^\\d{1,15}(\\.\\d{1,2})?$' }), Type.Null()]),
  quantity: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
};

/** Body of `POST /orders`. */
export const OrderRequest = Type.Object({ client_order_id: ClientOrderId, ...terms }, { additionalProperties: false });
export type OrderRequest = Static<typeof OrderRequest>;

/** An order that stands at the exchange. A client accepts fields that a later exchange adds. */
export const AcceptedOrder = Type.Object({
  exchange_order_id: Type.String({ minLength: 1, maxLength: 255 }),
  client_order_id: Type.String(),
  ...terms,
  accepted_at: Type.String(),
});
export type AcceptedOrder = Static<typeof AcceptedOrder>;

/** RFC 9457, with the code that a client branches on. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
});
export type Problem = Static<typeof Problem>;

export const problemCodes = {
  /** 503: the exchange placed nothing for this client order id, and has no earlier call for it under way. */
  connectionNotAvailable: 'connection_not_available',
  /** 422: a rule of the exchange forbids the order. */
  rejected: 'rejected',
  /** 409: an order of other terms has this client order id; the one that was sent does not stand. */
  clientOrderIdInUse: 'client_order_id_in_use',
  /** 404: no order has this client order id, and no call that arrived so far will make one. */
  orderNotFound: 'order_not_found',
} as const;
