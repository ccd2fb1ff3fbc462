// If one row of these tables is wrong, an order that stands is reported as failed, or is placed a second time.
import { errors } from 'undici';
import { describe, expect, it } from 'vitest';
import { type CallEnd, classifyPlacement, classifyQuery } from './classify-answer.ts';
import type { ExchangeOrder } from './exchange.ts';

const clientOrderId = '3f0c4f0e-8f5a-5d8e-9c53-1f0a4f6f7a11';
const terms = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: '120.50', quantity: 5 } as const;
const order: ExchangeOrder = { clientOrderId, terms };
const accepted = {
  exchange_order_id: 'x-9',
  client_order_id: clientOrderId,
  ...terms,
  accepted_at: '2026-01-01T00:00:00.000Z',
};

const answer = (status: number, body: unknown): CallEnd => ({ kind: 'answer', status, body });
const problem = (status: number, code: string): CallEnd =>
  answer(status, { type: 'about:blank', title: 'Problem', status, code, detail: 'said the exchange' });
const systemError = (code: string, syscall?: string): Error =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
const failure = (error: unknown): CallEnd => ({ kind: 'error', error });
const allAddresses = (...members: Error[]) => failure(new AggregateError(members));
const without = (field: keyof typeof accepted) => ({ ...accepted, [field]: undefined });

type Row = [name: string, end: CallEnd];

describe('a placement is confirmed', () => {
  it.each<Row>([
    ['by a 201 with the order', answer(201, accepted)],
    ['by a 200 with the original of a repeat', answer(200, accepted)],
    ['by an order with fields that this client does not know', answer(201, { ...accepted, venue: 'XETR' })],
  ])('%s', (_name, end) => {
    expect(classifyPlacement(order, end)).toEqual({ kind: 'confirmed', exchangeOrderId: 'x-9' });
  });
});

describe('a placement is refused', () => {
  it('by a rule of the exchange, with its reason', () => {
    const outcome = classifyPlacement(order, problem(422, 'rejected'));
    expect(outcome).toEqual({ kind: 'refused', reason: 'said the exchange' });
  });

  it('by an order of other terms under the same id', () => {
    expect(classifyPlacement(order, problem(409, 'client_order_id_in_use'))).toEqual({
      kind: 'refused',
      reason: 'an order of other terms stands at the exchange under this client order id',
    });
  });
});

describe('nothing was placed', () => {
  it.each<Row>([
    ['when the exchange says so', problem(503, 'connection_not_available')],
    ['on a refused connection', failure(systemError('ECONNREFUSED', 'connect'))],
    ['on an unreachable host', failure(systemError('EHOSTUNREACH', 'connect'))],
    ['on an unreachable network', failure(systemError('ENETUNREACH', 'connect'))],
    ['on a name that does not resolve', failure(systemError('ENOTFOUND', 'getaddrinfo'))],
    ['while no name resolves', failure(systemError('EAI_AGAIN', 'getaddrinfo'))],
    ['when connecting took too long', failure(new errors.ConnectTimeoutError())],
    [
      'when each address of the name refused',
      allAddresses(systemError('ECONNREFUSED', 'connect'), systemError('ENETUNREACH', 'connect')),
    ],
  ])('%s', (_name, end) => {
    expect(classifyPlacement(order, end)).toMatchObject({ kind: 'not_placed', reason: expect.any(String) });
  });
});

describe('the outcome of a placement is unknown', () => {
  it.each<Row>([
    ['on a reset', failure(systemError('ECONNRESET', 'read'))],
    ['on a reset while connecting', failure(systemError('ECONNRESET', 'connect'))],
    ['on a socket that closed early', failure(new errors.SocketError('other side closed'))],
    ['on a broken pipe', failure(systemError('EPIPE', 'write'))],
    ['when the host got lost after connecting', failure(systemError('EHOSTUNREACH', 'read'))],
    ['when the network got lost after connecting', failure(systemError('ENETUNREACH', 'write'))],
    ['on a refusal of no known call', failure(systemError('ECONNREFUSED'))],
    [
      'when one of several addresses ended unclear',
      allAddresses(systemError('ECONNREFUSED', 'connect'), new Error('?')),
    ],
    ['on an empty list of errors', allAddresses()],
    ['without headers in time', failure(new errors.HeadersTimeoutError())],
    ['without a whole body in time', failure(new errors.BodyTimeoutError())],
    ['on an answer that is no HTTP', failure(new errors.HTTPParserError('Parse Error'))],
    ['on something thrown that is no error', failure('gone')],
    ['on a 500', answer(500, {})],
    ['on a 500 with a code of the exchange', problem(500, 'connection_not_available')],
    ['on a 502 of a proxy', answer(502, undefined)],
    ['on a 503 of a proxy', answer(503, undefined)],
    ['on a 503 with another code', problem(503, 'out_of_service')],
    ['on a 503 with no more than the code', answer(503, { code: 'connection_not_available' })],
    ['on a 504', answer(504, undefined)],
    ['on a 400', problem(400, 'invalid_request')],
    ['on a 404', problem(404, 'order_not_found')],
    ['on a 408', answer(408, undefined)],
    ['on a 409 without the code', answer(409, {})],
    ['on a 422 without the code', problem(422, 'invalid_request')],
    ['on a 429', answer(429, undefined)],
    ['on a redirect', answer(307, undefined)],
    ['on a 202 with the order', answer(202, accepted)],
    ['on a 201 without JSON', answer(201, undefined)],
    ['on a 201 with null', answer(201, null)],
    ['on a 201 without an exchange order id', answer(201, without('exchange_order_id'))],
    ['on a 201 with an empty exchange order id', answer(201, { ...accepted, exchange_order_id: '' })],
    ['on a 201 without a quantity', answer(201, without('quantity'))],
    ['on a 201 with the quantity as text', answer(201, { ...accepted, quantity: '5' })],
    ['on a 201 with another quantity', answer(201, { ...accepted, quantity: 6 })],
    ['on a 201 with another price', answer(201, { ...accepted, limit_price: '120.51' })],
    ['on a 201 with another side', answer(201, { ...accepted, side: 'sell' })],
    ['on a 201 with another id', answer(201, { ...accepted, client_order_id: clientOrderId.replace('3', '4') })],
  ])('%s', (_name, end) => {
    expect(classifyPlacement(order, end)).toMatchObject({ kind: 'unknown', reason: expect.any(String) });
  });
});

describe('a query', () => {
  it('finds the order that the exchange shows', () => {
    expect(classifyQuery(clientOrderId, answer(200, accepted))).toEqual({ kind: 'found', exchangeOrderId: 'x-9' });
  });

  it('takes absence from the exchange itself only', () => {
    expect(classifyQuery(clientOrderId, problem(404, 'order_not_found'))).toEqual({ kind: 'absent' });
  });

  it.each<Row>([
    ['a 404 of a proxy', answer(404, undefined)],
    ['a 404 for a wrong URL', problem(404, 'route_not_found')],
    ['the code with another status', problem(503, 'order_not_found')],
    ['an outage', problem(503, 'out_of_service')],
    ['a refused connection', failure(systemError('ECONNREFUSED', 'connect'))],
    ['a reset', failure(systemError('ECONNRESET', 'read'))],
    ['another order', answer(200, { ...accepted, client_order_id: 'another' })],
    ['half an order', answer(200, without('accepted_at'))],
  ])('learns nothing from %s', (_name, end) => {
    expect(classifyQuery(clientOrderId, end)).toMatchObject({ kind: 'unknown', reason: expect.any(String) });
  });
});
