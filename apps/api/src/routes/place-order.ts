// POST /orders answers 201 only once OrderPlaced is durable: from then on the placement worker cannot miss the order,
// so neither Redis nor the exchange being down is a reason to fail the client.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { OrderTerms } from '@orders/domain/order-types';
import { TooManyAppendsError } from '@orders/order-store/event-store-order-store';
import { orderStream } from '@orders/order-store/order-store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { handleError, problemOf } from '../error-handler.ts';
import type { ApiMetrics } from '../metrics.ts';
import { readOrderTerms } from '../order-body.ts';
import { placedOrderJson } from '../order-json.ts';
import { type Placed, type Placement, PlacementError } from '../order-placement.ts';
import { ProblemError, problems, sendOverloaded, validationFailed } from '../problem.ts';
import { traceparentOf } from '../request-context.ts';
import { PlacedOrder, placementFailureMessage } from '../schemas/answers.ts';
import { invalidOrder, placedOrderExamples } from '../schemas/examples.ts';
import { OrderBody, PlacementHeaders } from '../schemas/requests.ts';
import {
  jsonResponse,
  overloadedResponse,
  placedHeaders,
  placementFailureResponse,
  problemResponse,
} from '../schemas/responses.ts';

export type PlaceOrderRouteDeps = {
  place: (placement: Placement) => Promise<Placed>;
  metrics: Pick<ApiMetrics, 'accepted' | 'shed'>;
};

const defaultAccount = 'default';

const responses = {
  201: jsonResponse('The order is durably stored and will be placed.', PlacedOrder, placedOrderExamples, placedHeaders),
  400: problemResponse(problems.malformedJson, problems.emptyBody),
  413: problemResponse(problems.bodyTooLarge),
  415: problemResponse(problems.unsupportedMediaType),
  422: problemResponse(invalidOrder, problems.keyReused),
  500: placementFailureResponse,
  503: overloadedResponse,
};

export const placeOrderRoute =
  ({ place, metrics }: PlaceOrderRouteDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = {
      operationId: 'placeOrder',
      summary: 'Place an order',
      description:
        'A 201 is a promise: the order is durably stored, and will be placed on the exchange, once. Send an ' +
        '`Idempotency-Key` to be able to repeat a request whose answer was lost.',
      tags: ['orders'],
      hide: app.prefix !== '',
      headers: PlacementHeaders,
      body: OrderBody,
      response: responses,
    };
    const errorHandler = answerFailure(metrics);
    app.post('/orders', { schema, attachValidation: true, errorHandler }, async (request, reply) => {
      const terms = termsOf(request);
      const { 'x-account-id': accountId = defaultAccount, 'idempotency-key': idempotencyKey } = request.headers;
      const traceparent = traceparentOf(request.headers);
      const { placed, revision, position, replayed } = await place({
        ...{ accountId, idempotencyKey, terms, correlationId: request.id, traceparent },
      });
      const orderId = placed.order_id;
      reply.headers({
        location: `${app.prefix}/orders/${orderId}`,
        'order-stream': orderStream(orderId),
        'order-revision': String(revision),
        'order-log-position': String(position.commit),
      });
      if (replayed) reply.header('idempotency-replayed', 'true');
      metrics.accepted.inc({ replayed: String(replayed) });
      request.log.info({ orderId, replayed }, 'order placed');
      return reply.code(201).send(placedOrderJson(placed));
    });
  };

function termsOf({ body, validationError }: FastifyRequest): OrderTerms {
  if (body === undefined) throw new ProblemError(problems.emptyBody);
  const bodyIsAtFault = validationError?.validationContext === 'body';
  const reading = readOrderTerms(body, bodyIsAtFault ? validationError.validation : []);
  if ('errors' in reading) throw new ProblemError(validationFailed(reading.errors));
  if (validationError !== undefined) throw validationError;
  return reading.terms;
}

// The contract wants one body for every failure that is not the client's, whatever it was.
const answerFailure =
  ({ shed }: Pick<ApiMetrics, 'shed'>) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemOf(error);
    if (problem !== null && problem.status < 500) return handleError(error, request, reply);
    if (error instanceof PlacementError && error.cause instanceof TooManyAppendsError) {
      shed.inc({ reason: 'appends_max' });
      return sendOverloaded(reply);
    }
    const outcome = error instanceof PlacementError ? error.outcome : outcomeOf(reply);
    request.log.error({ err: error, outcome }, 'order not placed');
    reply.header('order-outcome', outcome);
    return reply.code(500).type('application/json').send({ message: placementFailureMessage });
  };

// With the receipt already written, the order is stored, and it was the answer that failed.
const outcomeOf = (reply: FastifyReply) => (reply.hasHeader('order-stream') ? 'unknown' : 'not-stored');
