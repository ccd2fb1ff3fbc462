// An exchange behind HTTP. Each call is sent at most once and ends in time: whether to repeat it is decided above,
// where the history of the order is known. The caller's dispatcher bounds connections, and must not retry either.
import { type Dispatcher, getGlobalDispatcher } from 'undici';
import { type CallEnd, classifyPlacement, classifyQuery } from './classify-answer.ts';
import type { Exchange, ExchangeOrder } from './exchange.ts';
import type { OrderRequest } from './exchange-protocol.ts';

export type HttpExchangeOptions = {
  /** Base URL, such as `http://127.0.0.1:8600`; with user and password if the exchange asks for them. */
  url: string;
  /** From the call to the last byte of the answer, waiting for a connection included. */
  timeoutMs?: number;
  /** Far beyond what the exchange, and the network to it, take over an order, even when they are in trouble. */
  absenceProvenAfterMs?: number;
  dispatcher?: Dispatcher;
};

type Call = Pick<Dispatcher.RequestOptions, 'method' | 'path' | 'body'> & { headers?: Record<string, string> };

// An answer of the exchange has a few hundred bytes. What is longer comes from something else.
const answerBytesMax = 65_536;

/** Throws `TypeError` for a URL that is not one of HTTP. */
export function httpExchange({
  url,
  timeoutMs = 5_000,
  absenceProvenAfterMs = 60_000,
  dispatcher = getGlobalDispatcher(),
}: HttpExchangeOptions): Exchange {
  const { protocol, origin, pathname, username, password } = new URL(url);
  // Without the URL: there may be a password in it.
  if (!/^https?:$/.test(protocol)) throw new TypeError(`the exchange has no URL of HTTP, but one of ${protocol}`);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization =
    credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  const ordersPath = `${pathname.replace(/\/+$/, '')}/orders`;

  async function call(request: Call): Promise<CallEnd> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const headers = { ...authorization, ...request.headers };
      const { statusCode, body } = await dispatcher.request({ ...request, headers, origin, signal });
      return { kind: 'answer', status: statusCode, body: parseJson(await readText(body)) };
    } catch (error) {
      if (!signal.aborted) return { kind: 'error', error };
      return { kind: 'error', error: new Error(`no complete answer within ${timeoutMs} ms`) };
    }
  }

  return {
    place: async (order) => {
      const headers = { 'content-type': 'application/json' };
      const end = await call({ method: 'POST', path: ordersPath, headers, body: JSON.stringify(toRequest(order)) });
      return classifyPlacement(order, end);
    },
    query: async (clientOrderId) =>
      classifyQuery(clientOrderId, await call({ method: 'GET', path: `${ordersPath}/${clientOrderId}` })),
    repeatIsSafe: true,
    absenceProvenAfterMs,
    unknownPolicy: 'park',
  };
}

function toRequest({ clientOrderId, terms }: ExchangeOrder): OrderRequest {
  const { type, side, instrument, limit_price, quantity } = terms;
  return { client_order_id: clientOrderId, type, side, instrument, limit_price, quantity };
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new Error(`the answer has more than ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
