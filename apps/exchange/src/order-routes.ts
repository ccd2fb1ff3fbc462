// The orders of the exchange over HTTP. 503 `connection_not_available`, 422 `rejected` and 404 `order_not_found` are
// promises that nothing stands under the id; every other error leaves the caller to ask again.
import type { ServerResponse } from 'node:http';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  AcceptedOrder,
  ClientOrderId,
  OrderRequest,
  Problem,
  problemCodes,
} from '@orders/stock-exchange/exchange-protocol';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { ExchangeMetrics } from './metrics.ts';
import type { OrderDesk, PlacementVerdict, QueryVerdict } from './order-desk.ts';
import { sendProblem } from './problems.ts';

type OrderRoutesDeps = { desk: Pick<OrderDesk, 'place' | 'query'>; metrics: ExchangeMetrics };

const problem = { content: { 'application/problem+json': { schema: Problem } } };
const problems = { '4xx': problem, '5xx': problem };

export const orderRoutes =
  ({ desk, metrics }: OrderRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    // Bounded by the connection time-out, after which Node drops a socket that nothing was written to.
    const unanswered = new Set<ServerResponse>();
    app.addHook('preClose', async () => {
      for (const response of unanswered) response.destroy();
    });

    function leaveUnanswered(reply: FastifyReply) {
      const { raw } = reply.hijack();
      unanswered.add(raw);
      raw.once('close', () => unanswered.delete(raw));
    }

    const orderSchema = { body: OrderRequest, response: { 200: AcceptedOrder, 201: AcceptedOrder, ...problems } };
    app.post('/orders', { schema: orderSchema }, async (request, reply) => {
      const { client_order_id: clientOrderId, ...terms } = request.body;
      const contradiction = contradictionIn(terms);
      if (contradiction) return sendProblem(reply, { status: 400, code: 'invalid_request', detail: contradiction });
      const verdict = await desk.place({ clientOrderId, terms });
      metrics.answered.inc({ outcome: verdict.kind });
      if (verdict.kind === 'accepted' || verdict.kind === 'answer_lost') metrics.accepted.inc();
      if (verdict.kind === 'hang') return leaveUnanswered(reply);
      if (verdict.kind === 'answer_lost') return void reply.hijack().raw.destroy();
      return answerPlacement(reply, verdict);
    });

    const querySchema = {
      params: Type.Object({ client_order_id: ClientOrderId }),
      response: { 200: AcceptedOrder, ...problems },
    };
    app.get('/orders/:client_order_id', { schema: querySchema }, async (request, reply) => {
      const verdict = await desk.query(request.params.client_order_id);
      return verdict.kind === 'hang' ? leaveUnanswered(reply) : answerQuery(reply, verdict);
    });
  };

function contradictionIn({ type, limit_price }: Pick<OrderRequest, 'type' | 'limit_price'>): string | undefined {
  if (type === 'market') return limit_price === null ? undefined : 'body/limit_price must be null for type market';
  if (limit_price === null) return 'body/limit_price must be given for type limit';
  return Number(limit_price) > 0 ? undefined : 'body/limit_price must be above zero';
}

type Answerable = Exclude<PlacementVerdict, { kind: 'hang' | 'answer_lost' }>;

function answerPlacement(reply: FastifyReply, verdict: Answerable): FastifyReply {
  switch (verdict.kind) {
    case 'accepted':
      return reply.code(201).send(verdict.entry);
    case 'repeated':
      return reply.code(200).send(verdict.entry);
    case 'in_use': {
      const detail = 'An order of other terms has this client_order_id';
      return sendProblem(reply, { status: 409, code: problemCodes.clientOrderIdInUse, detail });
    }
    case 'rejected':
      return sendProblem(reply, { status: 422, code: problemCodes.rejected, detail: verdict.reason });
    case 'not_placed':
      return sendProblem(reply, { status: 503, code: problemCodes.connectionNotAvailable, detail: verdict.reason });
    case 'unavailable':
      return unavailable(reply);
  }
}

function answerQuery(reply: FastifyReply, verdict: Exclude<QueryVerdict, { kind: 'hang' }>): FastifyReply {
  switch (verdict.kind) {
    case 'found':
      return reply.send(verdict.entry);
    case 'absent': {
      const detail = 'No order has this client_order_id';
      return sendProblem(reply, { status: 404, code: problemCodes.orderNotFound, detail });
    }
    case 'unavailable':
      return unavailable(reply);
  }
}

const unavailable = (reply: FastifyReply): FastifyReply =>
  sendProblem(reply, { status: 503, code: 'out_of_service', detail: 'The exchange is out of service' });
