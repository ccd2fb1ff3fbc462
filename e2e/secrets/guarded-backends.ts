// What the gateway depends on, each behind TLS and a password: Redis, an event store and an exchange.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestCertificates, testCertificates } from '@orders/test-kit/certificates';
import { startTestEventStore } from '@orders/test-kit/event-store';
import { type OwnAnswer, startEventStoreFront } from '@orders/test-kit/event-store-front';
import { startRedis } from '@orders/test-kit/redis-server';
import { basic, secrets, user, userinfo } from './secrets.ts';
import type { Env } from './watched-process.ts';

export type GuardedBackends = {
  certificates: TestCertificates;
  /** Issued by an authority that vouches for none of the servers. */
  strangers: TestCertificates;
  ports: { redis: number; eventStore: number; exchange: number };
  /** What the exchange answers from now on. */
  exchangeAnswers: (status: 201 | 401 | 500) => void;
  stop: () => Promise<void>;
};

const streams = '/event_store.client.streams.Streams/';
const unauthenticated: OwnAnswer = {
  kind: 'refusal',
  headers: { 'grpc-status': '16', 'grpc-message': 'Unauthenticated' },
};

export async function startGuardedBackends(): Promise<GuardedBackends> {
  const [certificates, strangers, store] = await Promise.all([
    testCertificates(),
    testCertificates(),
    startTestEventStore(),
  ]);
  const redis = await startRedis((port) => [
    'port 0',
    `tls-port ${port}`,
    `tls-cert-file ${certificates.certFile}`,
    `tls-key-file ${certificates.keyFile}`,
    `tls-ca-cert-file ${certificates.caFile}`,
    'tls-auth-clients no',
    'user default off',
    `user ${user} on ">${secrets.redis}" ~* &* +@all`,
    `user powerless on ">${secrets.redis}" ~* &* +ping +hello +client +info`,
  ]);
  const front = await startEventStoreFront({
    certificates,
    to: store.port,
    answer: ({ ':path': path, authorization }) =>
      path?.startsWith(streams) && authorization !== basic(secrets.eventStore) ? unauthenticated : null,
  });
  let status: number = 201;
  const exchange = await startExchange(() => status);
  return {
    certificates,
    strangers,
    ports: { redis: redis.port, eventStore: front.port, exchange: (exchange.address() as AddressInfo).port },
    exchangeAnswers: (next) => {
      status = next;
    },
    stop: async () => {
      exchange.closeAllConnections();
      exchange.close();
      await front.close();
      await Promise.all([redis.stop(), store.stop(), certificates.remove(), strangers.remove()]);
    },
  };
}

/** Accepts every order of who knows the password, and has none if it is asked. */
async function startExchange(status: () => number): Promise<Server> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const known = request.headers.authorization === basic(secrets.exchange);
    const answer = (code: number, body: object) =>
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (!known) answer(401, { code: 'unauthorized', detail: 'who are you?' });
    else if (request.method !== 'POST') answer(404, { code: 'order_not_found', detail: 'no such order' });
    else {
      const order = JSON.parse(Buffer.concat(chunks).toString());
      answer(status(), { ...order, exchange_order_id: 'x-1', accepted_at: '2026-01-01T00:00:00.000Z' });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

type Places = { host: string; redis: number; eventStore: number; exchange: number };

/** All addresses, with all passwords. */
export function addresses(
  { host, redis, eventStore, exchange }: Places,
  { caFile }: Pick<TestCertificates, 'caFile'>,
): Env {
  const trust = `tlsCaFile=${encodeURIComponent(caFile)}`;
  return {
    REDIS_URL: `rediss://${userinfo(secrets.redis)}${host}:${redis}/0?${trust}`,
    EVENTSTORE_URL: `esdb+discover://${userinfo(secrets.eventStore)}${host}:${eventStore}?tls=true&${trust}`,
    EXCHANGE_URL: `http://${userinfo(secrets.exchange)}${host}:${exchange}`,
  };
}
