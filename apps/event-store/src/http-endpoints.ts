// The HTTP/1.1 side of the port: what EventStoreDB answers there, and what an operator asks every process of ours.
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { serverVersion } from './grpc/server-features.ts';

export type HttpEndpointsDeps = { registry: Registry; isReady: () => boolean; isStopping: () => boolean };

type Answer = { status: number; type?: string; body?: string };
type Endpoint = () => Answer | Promise<Answer>;

const json = (body: unknown): Answer => ({ status: 200, type: 'application/json', body: JSON.stringify(body) });

const idleTimeoutMs = 10_000;

/** Does not listen: the port hands it the connections that speak HTTP/1.1. */
export function createHttpEndpoints({ registry, isReady, isStopping }: HttpEndpointsDeps): Server {
  const endpoints: Readonly<Record<string, Endpoint>> = {
    '/health/live': () => ({ status: isStopping() ? 503 : 204 }),
    '/health/ready': () => ({ status: isReady() && !isStopping() ? 204 : 503 }),
    '/ping': () => json({ msgTypeId: 10, text: 'Ping request successfully handled' }),
    '/info': () => json(info),
    '/metrics': async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() }),
  };
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
    if (endpoint === undefined) return send(response, { status: 404 });
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, { status: 405 });
    Promise.try(endpoint).then(
      (answer) => send(response, answer),
      () => send(response, { status: 500 }),
    );
  });
  server.setTimeout(idleTimeoutMs);
  return server;
}

const info = {
  esVersion: `${serverVersion}.0`,
  state: 'leader',
  features: { projections: false, userManagement: false, atomPub: false },
  authentication: { type: 'insecure', properties: {} },
};

function send(response: ServerResponse, { status, type, body }: Answer): void {
  // A connection that stays open would hold up the stop: this server does not listen itself, so Node does not track it.
  response.setHeader('connection', 'close');
  if (type !== undefined) response.setHeader('content-type', type);
  response.writeHead(status).end(body);
}
