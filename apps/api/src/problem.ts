// Errors as clients see them: application/problem+json (RFC 9457), told apart by `code`. The texts are ours alone, so
// that no message of a library, stack or address leaks out.
import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type FieldError, type FieldErrors, listFieldErrors } from './field-errors.ts';

export type Problem = {
  type: 'about:blank';
  title: string;
  status: number;
  code: string;
  detail: string;
  errors?: FieldError[];
};

export const problemMediaType = 'application/problem+json';

export const bodyBytesMax = 64 * 1_024;

// How long an unavailable dependency needs at least; a client with patience waits longer by itself.
const retryAfterSeconds = 1;

// Clients that were refused together must not come back together.
const retryAfterShedSecondsMax = 5;

/** For an order that was refused because of the load: whole seconds, by chance. */
export const retryAfterShedSeconds = (): number => 1 + Math.floor(Math.random() * retryAfterShedSecondsMax);

/** Ends a request with `problem`, whoever catches it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.problem = problem;
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) reply.header('retry-after', String(retryAfterSeconds));
  return reply.code(problem.status).type(problemMediaType).send(problem);
}

/** The same as when the order is refused before it is read. */
export function sendOverloaded(reply: FastifyReply): FastifyReply {
  reply.headers({ 'retry-after': String(retryAfterShedSeconds()), 'order-outcome': 'not-stored' });
  return reply.code(problems.overloaded.status).type(problemMediaType).send(problems.overloaded);
}

export function validationFailed(errors: FieldErrors): Problem {
  const detail = errors.size === 1 ? '1 field is not valid' : `${errors.size} fields are not valid`;
  return { ...newProblem(422, 'validation_failed', detail), errors: listFieldErrors(errors) };
}

export const problems = {
  badRequest: newProblem(400, 'bad_request', 'The request is malformed'),
  malformedUrl: newProblem(400, 'malformed_url', 'The path is not properly percent-encoded'),
  malformedJson: newProblem(400, 'malformed_json', 'The body is not valid JSON'),
  emptyBody: newProblem(400, 'empty_body', 'The request has no body'),
  orderNotFound: newProblem(404, 'order_not_found', 'There is no order with this id'),
  routeNotFound: newProblem(404, 'route_not_found', 'There is nothing at this address'),
  notAcceptable: newProblem(406, 'not_acceptable', 'The log is there as application/json and application/x-ndjson'),
  orderSettled: newProblem(409, 'order_already_settled', 'The order is settled'),
  notSubmitting: newProblem(409, 'submission_not_started', 'The order is not being submitted'),
  notInDoubt: newProblem(409, 'order_not_in_doubt', 'The order is not in doubt'),
  notRedrivable: newProblem(409, 'order_not_redrivable', 'Only an order that failed, or is in doubt, can be redriven'),
  bodyTooLarge: newProblem(413, 'body_too_large', `The body is larger than ${bodyBytesMax} bytes`),
  unsupportedMediaType: newProblem(415, 'unsupported_media_type', 'Content-Type must be application/json'),
  keyReused: newProblem(
    422,
    'idempotency_key_reused',
    'This Idempotency-Key was used before, for an order with other terms',
  ),
  internalError: newProblem(500, 'internal_error', 'Something went wrong; it has been logged'),
  readModelUnavailable: newProblem(503, 'read_model_unavailable', 'Orders cannot be listed at the moment'),
  overloaded: newProblem(503, 'overloaded', 'More orders arrive than can be stored in time; this one was not stored'),
  redriveUnknown: newProblem(
    503,
    'redrive_unknown',
    'Whether the redrive was stored is not known: read the order, and send it again if nothing has changed',
  ),
  eventsUnavailable: newProblem(503, 'event_store_unavailable', 'Events cannot be read at the moment'),
  tooManyReads: newProblem(503, 'too_many_reads', 'The log is being read as often as it can be at once'),
  tooManyStreams: newProblem(503, 'too_many_streams', 'This process has as many open streams as it may have'),
  eventStoreUnavailable: newProblem(503, 'event_store_unavailable', 'The order cannot be read at the moment'),
};

function newProblem(status: number, code: string, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail };
}
