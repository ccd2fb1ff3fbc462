// The operator's way to send an order round again.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { AppendError, orderStream } from '@orders/order-store/order-store';
import { problemOf } from '../error-handler.ts';
import { orderJson } from '../order-json.ts';
import type { Redrive, Redriven } from '../order-redrive.ts';
import { ProblemError, problems } from '../problem.ts';
import { traceparentOf } from '../request-context.ts';
import { Order } from '../schemas/answers.ts';
import { invalidRedrive, redriveExamples } from '../schemas/examples.ts';
import { OrderParams, RedriveBody, RedriveHeaders } from '../schemas/requests.ts';
import { jsonResponse, problemResponse, receiptHeaders } from '../schemas/responses.ts';

export type RedriveOrderRouteDeps = { redrive: (redrive: Redrive) => Promise<Redriven> };

export const redriveOrderRoute =
  ({ redrive }: RedriveOrderRouteDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = {
      operationId: 'redriveOrder',
      summary: 'Send an order round again',
      description:
        'For an order that failed, or is in doubt. It is placed as a new order is; an exchange that can be asked is ' +
        'asked first, at any other one the redrive is your word that a further call is right. Who and why become part ' +
        'of its history.',
      tags: ['orders'],
      hide: app.prefix !== '',
      headers: RedriveHeaders,
      params: OrderParams,
      body: RedriveBody,
      response: {
        202: jsonResponse('The order is open again.', Order, redriveExamples, receiptHeaders),
        400: problemResponse(problems.malformedJson, problems.emptyBody),
        404: problemResponse(problems.orderNotFound),
        409: problemResponse(problems.notRedrivable),
        413: problemResponse(problems.bodyTooLarge),
        415: problemResponse(problems.unsupportedMediaType),
        422: problemResponse(invalidRedrive),
        500: problemResponse(problems.internalError),
        503: problemResponse(problems.redriveUnknown, problems.eventStoreUnavailable),
      },
    };
    app.post('/orders/:id/redrive', { schema }, async (request, reply) => {
      const orderId = request.params.id.toLowerCase();
      const { by, reason } = request.body;
      const traceparent = traceparentOf(request.headers);
      const redriven = await redrive({ orderId, by, reason, traceparent }).catch(failAsProblem);
      reply.headers({
        'order-stream': orderStream(orderId),
        'order-revision': String(redriven.revision),
        'order-log-position': String(redriven.position.commit),
      });
      request.log.info({ orderId, by, reason }, 'order redriven');
      return reply.code(202).send(orderJson(redriven.view));
    });
  };

function failAsProblem(cause: unknown): never {
  if (problemOf(cause) !== null) throw cause;
  const isUnknown = cause instanceof AppendError && cause.outcome === 'unknown';
  throw new ProblemError(isUnknown ? problems.redriveUnknown : problems.eventStoreUnavailable, { cause });
}
