// Every answer that is not an order is a problem document (RFC 9457), also those that Fastify gives by itself.
import { STATUS_CODES } from 'node:http';
import type { Problem } from '@orders/stock-exchange/exchange-protocol';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';

type ProblemOptions = { status: number; code: string; detail: string };

export function sendProblem(reply: FastifyReply, { status, code, detail }: ProblemOptions): FastifyReply {
  const problem: Problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail };
  return reply.code(status).type('application/problem+json').send(problem);
}

/** Answers what a handler threw; the text of a failure of ours goes to the log only. */
export function answerErrorsAsProblems(app: FastifyInstance) {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, { status, code: 'invalid_request', detail: describe(error) });
    request.log.error({ err: error }, 'request failed');
    return sendProblem(reply, { status, code: 'internal_error', detail: 'See the log of the exchange' });
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, { status: 404, code: 'route_not_found', detail: `No ${request.method} ${request.url}` }),
  );
}

// The validator says that there is a field too many, but not which.
function describe({ message, validation }: FastifyError): string {
  const surplus = validation?.map(({ params }) => params.additionalProperty).find((name) => typeof name === 'string');
  return surplus === undefined ? message : `${message}: ${surplus}`;
}
