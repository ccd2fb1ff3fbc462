// The HTTP/1.1 side of the port: what EventStoreDB answers there, and what an operator asks every process of ours.
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { serverVersion } from './grpc/server-features.ts';

export type HttpEndpointsDeps = {
  registry: Registry;
  isReady: () => boolean;
  isStopping: () => boolean;
  stats: () => Promise<Readonly<Record<string, number>>>;
};

type Answer = { status: number; type?: string; body?: string };
type Endpoint = (query: URLSearchParams) => Answer | Promise<Answer>;

const json = (body: unknown): Answer => ({ status: 200, type: 'application/json', body: JSON.stringify(body) });

/** Time for a request and its answer; a client that sends a byte now and then would otherwise stay for ever. */
const connectionTimeoutMs = 10_000;

/** Does not listen: the port hands it the connections that speak HTTP/1.1. */
export function createHttpEndpoints({ registry, isReady, isStopping, stats }: HttpEndpointsDeps): Server {
  const endpoints: Readonly<Record<string, Endpoint>> = {
    '/health/live': (query) => ({ status: isStopping() ? 503 : liveCode(query) }),
    '/health/ready': () => ({ status: isReady() && !isStopping() ? 204 : 503 }),
    '/ping': () => json({ msgTypeId: 10, text: 'Ping request successfully handled' }),
    '/info': () => json(info),
    '/stats': async () => json(await stats()),
    '/metrics': async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() }),
  };
  const server = createServer((request, response) => {
    const [path = '/', query] = request.url?.split('?') ?? [];
    const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
    if (endpoint === undefined) return send(response, { status: 404 });
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, { status: 405 });
    Promise.try(endpoint, new URLSearchParams(query)).then(
      (answer) => send(response, answer),
      () => send(response, { status: 500 }),
    );
  });
  // Node's own time-outs for requests work only in a server that listens itself.
  server.on('connection', (socket) => {
    const cut = setTimeout(() => socket.destroy(), connectionTimeoutMs);
    socket.once('close', () => clearTimeout(cut));
  });
  return server;
}

const info = {
  esVersion: `${serverVersion}.0`,
  state: 'leader',
  features: { projections: false, userManagement: false, atomPub: false },
  authentication: { type: 'insecure', properties: {} },
};

/** Load balancers that do not take 204 for an answer may ask for another one. */
function liveCode(query: URLSearchParams): number {
  const wanted = Number(query.get('liveCode') ?? 204);
  return Number.isInteger(wanted) && wanted >= 200 && wanted < 300 ? wanted : 204;
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  // A connection that stays open would hold up the stop: this server does not listen itself, so Node does not track it.
  response.setHeader('connection', 'close');
  if (type !== undefined) response.setHeader('content-type', type);
  response.writeHead(status).end(body);
}
