// The one place where errors become status codes. What no client can do anything about becomes a 500 that says nothing,
// and a line in the log that says everything.
import { OrderError, type OrderErrorCode } from '@orders/domain/errors';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { fieldErrors } from './field-errors.ts';
import { type Problem, ProblemError, problems, sendProblem, validationFailed } from './problem.ts';

// A code without a problem does not compile.
const orderProblems: Record<OrderErrorCode, Problem> = {
  order_not_found: problems.orderNotFound,
  order_exists_with_other_terms: problems.keyReused,
  order_already_settled: problems.orderSettled,
  submission_not_started: problems.notSubmitting,
  order_not_in_doubt: problems.notInDoubt,
  order_not_redrivable: problems.notRedrivable,
};

// What the framework refuses before a handler runs.
const frameworkProblems: Readonly<Record<string, Problem>> = {
  FST_ERR_BAD_URL: problems.malformedUrl,
  // The one parameter of any path is an order id.
  FST_ERR_MAX_PARAM_LENGTH: problems.orderNotFound,
  FST_ERR_CTP_EMPTY_JSON_BODY: problems.emptyBody,
  FST_ERR_CTP_INVALID_JSON_BODY: problems.malformedJson,
  FST_ERR_CTP_BODY_TOO_LARGE: problems.bodyTooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: problems.unsupportedMediaType,
};

/** The problem that an error is to the client; `null` when it is ours. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof OrderError) return orderProblems[error.code];
  return isFrameworkError(error) ? frameworkProblem(error) : null;
}

export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error) ?? problems.internalError;
  const { status, code } = problem;
  if (status >= 500) request.log.error({ err: error, status, code }, 'request failed');
  else request.log.info({ status, code }, 'request refused');
  return sendProblem(reply, problem);
}

export const handleUnknownRoute = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  handleError(new ProblemError(problems.routeNotFound), request, reply);

const isFrameworkError = (error: unknown): error is FastifyError =>
  error instanceof Error && 'code' in error && 'statusCode' in error;

function frameworkProblem({ code, statusCode = 500, validation, validationContext }: FastifyError): Problem | null {
  if (validation !== undefined) {
    // An order id of another form belongs to no order.
    if (validationContext === 'params') return problems.orderNotFound;
    return validationFailed(fieldErrors(validation, validationContext ?? 'body'));
  }
  if (statusCode < 400 || statusCode >= 500) return null;
  return frameworkProblems[code] ?? problems.badRequest;
}
