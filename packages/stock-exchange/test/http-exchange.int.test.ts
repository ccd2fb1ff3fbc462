// What classify-answer assumes about the errors of undici and Node is only true if real sockets end that way.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '@orders/local-system/free-port';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExchangeOrder } from '../src/exchange.ts';
import { httpExchange } from '../src/http-exchange.ts';

const clientOrderId = '3f0c4f0e-8f5a-5d8e-9c53-1f0a4f6f7a11';
const terms = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: '120.50', quantity: 5 } as const;
const order: ExchangeOrder = { clientOrderId, terms };
const accepted = {
  exchange_order_id: 'x-9',
  client_order_id: clientOrderId,
  ...terms,
  accepted_at: '2026-01-01T00:00:00.000Z',
};
const unknown = (reason: unknown) => ({ kind: 'unknown', reason });

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

const cleanUps: (() => Promise<unknown>)[] = [];
let dispatcher: Agent;
let requests: { method: string | undefined; url: string | undefined; body: string }[];

beforeEach(() => {
  requests = [];
  dispatcher = new Agent({ connections: 4 });
  cleanUps.push(() => dispatcher.destroy());
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function exchangeThat(behave: Behaviour, options: { path?: string; timeoutMs?: number } = {}) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ method: request.method, url: request.url, body: Buffer.concat(chunks).toString() });
    behave(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const { path = '', timeoutMs = 30_000 } = options;
  return httpExchange({ url: `http://127.0.0.1:${port}${path}`, timeoutMs, dispatcher });
}

const answering =
  (status: number, body: unknown): Behaviour =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe('place', () => {
  it('sends the terms under the client order id and returns the reference of the exchange', async () => {
    const exchange = await exchangeThat(answering(201, accepted));
    expect(await exchange.place(order)).toEqual({ kind: 'confirmed', exchangeOrderId: 'x-9' });
    const body = JSON.stringify({ client_order_id: clientOrderId, ...terms });
    expect(requests).toEqual([{ method: 'POST', url: '/orders', body }]);
  });

  it('keeps the path of the base URL', async () => {
    const exchange = await exchangeThat(answering(201, accepted), { path: '/venues/x/' });
    await exchange.place(order);
    await exchange.query?.(clientOrderId);
    expect(requests.map(({ url }) => url)).toEqual(['/venues/x/orders', `/venues/x/orders/${clientOrderId}`]);
  });

  it('says who calls when the URL says so, and keeps that out of what it reports', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const exchange = httpExchange({ url: `http://gateway:p%40ss@127.0.0.1:${port}`, dispatcher });
    const outcomes = [await exchange.place(order), await exchange.query?.(clientOrderId)];
    const basic = `Basic ${Buffer.from('gateway:p@ss').toString('base64')}`;
    expect(seen).toEqual([basic, basic]);
    expect(JSON.stringify(outcomes)).not.toMatch(/p@ss|p%40ss|Z2F0/);
    await new Promise((resolve) => server.close(resolve));
  });

  it('reports a port that nobody listens on as not placed', async () => {
    const port = await freePort();
    for (const host of ['127.0.0.1', 'localhost']) {
      const outcome = await httpExchange({ url: `http://${host}:${port}`, dispatcher }).place(order);
      expect(outcome).toEqual({ kind: 'not_placed', reason: expect.stringContaining('ECONNREFUSED') });
    }
  });

  it('gives up on an exchange that never answers', async () => {
    const exchange = await exchangeThat(() => undefined, { timeoutMs: 100 });
    expect(await exchange.place(order)).toEqual(unknown('no complete answer within 100 ms'));
  });

  it('gives up on an answer whose body never ends', async () => {
    const exchange = await exchangeThat(
      (_request, response) => response.writeHead(201, { 'content-length': '1000' }).write('{'),
      { timeoutMs: 200 },
    );
    expect(await exchange.place(order)).toEqual(unknown('no complete answer within 200 ms'));
  });

  it('sends once, and knows nothing, when the connection is reset before the answer', async () => {
    const exchange = await exchangeThat((request) => request.socket.resetAndDestroy());
    expect(await exchange.place(order)).toEqual(unknown(expect.any(String)));
    expect(requests).toHaveLength(1);
  });

  it('knows nothing when the connection closes without an answer', async () => {
    const exchange = await exchangeThat((request) => request.socket.destroy());
    expect(await exchange.place(order)).toEqual(unknown(expect.stringContaining('UND_ERR_SOCKET')));
    expect(requests).toHaveLength(1);
  });

  it('knows nothing when the connection is reset in the middle of the answer', async () => {
    const exchange = await exchangeThat((request, response) => {
      response.writeHead(201, { 'content-length': '1000' });
      response.write('{"exchange_order_id":', () => request.socket.resetAndDestroy());
    });
    expect(await exchange.place(order)).toEqual(unknown(expect.any(String)));
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['a 500', answering(500, { message: 'oops' })],
    ['a body that is no JSON', (_request, response) => response.writeHead(201).end('<html>')],
    ['an empty body', (_request, response) => response.writeHead(201).end()],
    ['a body beyond all bounds', answering(201, { ...accepted, padding: 'x'.repeat(100_000) })],
    ['a redirect', (_request, response) => response.writeHead(307, { location: '/elsewhere' }).end()],
    ['an answer that is no HTTP', (request) => request.socket.end('SSH-2.0\r\n\r\n')],
  ] satisfies [string, Behaviour][])('knows nothing after %s', async (_name, behaviour) => {
    const exchange = await exchangeThat(behaviour);
    expect(await exchange.place(order)).toEqual(unknown(expect.any(String)));
    expect(requests).toHaveLength(1);
  });
});

describe('query', () => {
  it('asks by client order id', async () => {
    const exchange = await exchangeThat(answering(200, accepted));
    expect(await exchange.query?.(clientOrderId)).toEqual({ kind: 'found', exchangeOrderId: 'x-9' });
    expect(requests).toMatchObject([{ method: 'GET', url: `/orders/${clientOrderId}` }]);
  });

  it('knows nothing when the exchange does not answer', async () => {
    const exchange = await exchangeThat(() => undefined, { timeoutMs: 100 });
    expect(await exchange.query?.(clientOrderId)).toEqual(unknown('no complete answer within 100 ms'));
  });
});

it.each(['no url', 'exchange:8600', 'ftp://exchange'])('refuses the base URL "%s" when it is built', (url) => {
  expect(() => httpExchange({ url })).toThrow(TypeError);
});
