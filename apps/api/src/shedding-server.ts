// The HTTP server that says no before Fastify has seen the request: a refusal that costs a good part of what an order
// costs would itself use up what it is meant to save. Only placing orders is refused, everything else is served.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { FastifyServerFactory } from 'fastify';
import type { ShedReason } from './admission.ts';
import { problemMediaType, problems, retryAfterShedSeconds } from './problem.ts';
import { requestIdOf } from './request-context.ts';

type SheddingDeps = {
  refusal: () => ShedReason | null;
  onShed: (reason: ShedReason) => void;
  keepAliveTimeoutMs: number;
  requestTimeoutMs: number;
  connectionTimeoutMs: number;
};

// Text, not bytes: Node sends it in one piece with the head.
const overloaded = JSON.stringify(problems.overloaded);

/** Fastify sets no time limits on a server that it has not made, so they are set here. */
export const sheddingServer =
  ({ refusal, onShed, ...limits }: SheddingDeps): FastifyServerFactory =>
  (serve) => {
    const refuse = refuseInTurns();
    const listener: RequestListener = (request, response) => {
      const reason = isPlacement(request) ? refusal() : null;
      if (reason === null) return serve(request, response);
      onShed(reason);
      refuse(response, requestIdOf(request.headers, randomUUID));
    };
    const { keepAliveTimeoutMs: keepAliveTimeout, requestTimeoutMs: requestTimeout } = limits;
    return createServer({ keepAliveTimeout, requestTimeout }, listener).setTimeout(limits.connectionTimeoutMs);
  };

const placementPaths = ['/orders', '/v1/orders'];

function isPlacement({ method, url = '' }: IncomingMessage): boolean {
  if (method !== 'POST') return false;
  const queryAt = url.indexOf('?');
  return placementPaths.includes(queryAt < 0 ? url : url.slice(0, queryAt));
}

type Refusal = { response: ServerResponse; requestId: string };

// As few as keep up with five times the load: the client of the event store sends about one append in each turn of the
// event loop, so every refusal that makes a turn longer is paid for by orders that were taken.
const refusalsEachTurn = 4;

// Answered on the spot, some thousand clients that send again at once would hold the event loop among their sockets for
// seconds (libuv goes on polling while it finds 1,024 ready ones): no timer fires and no append is sent meanwhile. With
// its answer outstanding, a connection has nothing to read. Their number bounds what waits here.
function refuseInTurns(): (response: ServerResponse, requestId: string) => void {
  let arriving: Refusal[] = [];
  let leaving: Refusal[] = [];
  let scheduled = false;

  function refuseSome() {
    for (let answered = 0; answered < refusalsEachTurn; answered += 1) {
      if (leaving.length === 0) {
        leaving = arriving.reverse();
        arriving = [];
      }
      const refusal = leaving.pop();
      if (refusal === undefined) break;
      answer(refusal);
    }
    scheduled = arriving.length + leaving.length > 0;
    if (scheduled) setImmediate(refuseSome);
  }

  return (response, requestId) => {
    arriving.push({ response, requestId });
    if (!scheduled) setImmediate(refuseSome);
    scheduled = true;
  };
}

// The body of the request is read and dropped by Node, so that the connection can serve the next one.
function answer({ response, requestId }: Refusal): void {
  response.writeHead(503, [
    ...['content-type', problemMediaType],
    ...['content-length', String(Buffer.byteLength(overloaded))],
    ...['retry-after', String(retryAfterShedSeconds())],
    ...['order-outcome', 'not-stored'],
    ...['x-request-id', requestId],
  ]);
  response.end(overloaded);
}
