// Decides what the end of a call to the exchange proves. Here an order is lost or placed twice if it is wrong, so a
// fact needs positive evidence: the exchange's own statement, or a call that never left this machine. All the rest is
// unknown.
import { isDeepStrictEqual } from 'node:util';
import type { OrderTerms } from '@orders/domain/order-types';
import { Compile } from 'typebox/compile';
import type { ExchangeOrder, PlacementOutcome, QueryOutcome } from './exchange.ts';
import { AcceptedOrder, Problem, problemCodes } from './exchange-protocol.ts';

const acceptedOrder = Compile(AcceptedOrder);
const problemDocument = Compile(Problem);

export type CallEnd =
  /** A complete answer; `body` is the parsed JSON, `undefined` where it is none. */
  { kind: 'answer'; status: number; body: unknown } | { kind: 'error'; error: unknown };

export function classifyPlacement({ clientOrderId, terms }: ExchangeOrder, end: CallEnd): PlacementOutcome {
  if (end.kind === 'error') {
    return { kind: neverLeft(end.error) ? 'not_placed' : 'unknown', reason: describeError(end.error) };
  }
  const { status, body } = end;
  if (status === 200 || status === 201) {
    if (!acceptedOrder.Check(body)) return unclear(end);
    if (body.client_order_id !== clientOrderId || !isDeepStrictEqual(termsOf(body), termsOf(terms))) {
      return { kind: 'unknown', reason: `the exchange answered ${status} with an order that is not the one sent` };
    }
    return { kind: 'confirmed', exchangeOrderId: body.exchange_order_id };
  }
  const problem = problemDocument.Check(body) ? body : null;
  if (status === 503 && problem?.code === problemCodes.connectionNotAvailable) {
    return { kind: 'not_placed', reason: problem.detail };
  }
  if (status === 422 && problem?.code === problemCodes.rejected) return { kind: 'refused', reason: problem.detail };
  if (status === 409 && problem?.code === problemCodes.clientOrderIdInUse) {
    const reason = 'an order of other terms stands at the exchange under this client order id';
    return { kind: 'refused', reason };
  }
  return unclear(end);
}

export function classifyQuery(clientOrderId: string, end: CallEnd): QueryOutcome {
  if (end.kind === 'error') return { kind: 'unknown', reason: describeError(end.error) };
  const { status, body } = end;
  if (status === 200 && acceptedOrder.Check(body) && body.client_order_id === clientOrderId) {
    return { kind: 'found', exchangeOrderId: body.exchange_order_id };
  }
  // A 404 of a proxy, or of a wrong URL, proves nothing about the order.
  if (status === 404 && problemDocument.Check(body) && body.code === problemCodes.orderNotFound) {
    return { kind: 'absent' };
  }
  return unclear(end);
}

// The same codes also end reads and writes of a connection that had carried the order: the system call decides.
const failedToConnect = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
const failedToResolve = new Set(['ENOTFOUND', 'EAI_AGAIN']);

function neverLeft(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // One error for each address of the name that was tried.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(neverLeft);
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  return syscall === 'connect' ? failedToConnect.has(code) : syscall === 'getaddrinfo' && failedToResolve.has(code);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return [code, error.message].filter(Boolean).join(': ');
}

function unclear({ status, body }: { status: number; body: unknown }): { kind: 'unknown'; reason: string } {
  const told = problemDocument.Check(body) ? ` (${body.code}: ${body.detail})` : '';
  return { kind: 'unknown', reason: `the exchange answered ${status}, which settles nothing${told}` };
}

const termsOf = ({ type, side, instrument, limit_price, quantity }: OrderTerms): OrderTerms => ({
  type,
  side,
  instrument,
  limit_price,
  quantity,
});
