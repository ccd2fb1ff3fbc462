import { OrderError, type OrderErrorCode } from '@orders/domain/errors';
import { describe, expect, it } from 'vitest';
import { problemOf } from './error-handler.ts';
import { ProblemError, problems } from './problem.ts';

const frameworkError = (fields: object) => Object.assign(new Error('internals'), { code: 'FST_ERR', ...fields });

describe('the problem of an error', () => {
  it.each<[OrderErrorCode, number, string]>([
    ['order_not_found', 404, 'order_not_found'],
    ['order_exists_with_other_terms', 422, 'idempotency_key_reused'],
    ['order_already_settled', 409, 'order_already_settled'],
    ['submission_not_started', 409, 'submission_not_started'],
  ])('%s has status %i and the code %s', (code, status, problemCode) => {
    expect(problemOf(new OrderError(code, 'an-order'))).toMatchObject({ status, code: problemCode });
  });

  it('is the one that was thrown', () => {
    expect(problemOf(new ProblemError(problems.eventStoreUnavailable))).toBe(problems.eventStoreUnavailable);
  });

  it('of the framework has our words, not its own', () => {
    const error = frameworkError({ code: 'FST_ERR_SOMETHING_NEW', statusCode: 418 });
    expect(problemOf(error)).toEqual(problems.badRequest);
  });

  it.each([
    ['a bug', new TypeError('undefined is not a function')],
    ['an error of the framework that is ours', frameworkError({ statusCode: 500 })],
    ['an error of another library', Object.assign(new Error('ECONNREFUSED'), { code: 'ECONNREFUSED' })],
    ['no error at all', 'oops'],
  ])('is none for %s', (_name, error) => {
    expect(problemOf(error)).toBeNull();
  });
});
