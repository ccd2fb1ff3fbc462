import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { EventStoreDBClient } from '@eventstore/db-client';
import { freePort } from '@orders/local-system/free-port';
import type { AppendLimits } from '@orders/order-store/append-retry';
import { connectEventStore } from '@orders/order-store/event-store-connection';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import { AppendError } from '@orders/order-store/order-store';
import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { apiUnderTest, limitOrder } from './api-under-test.ts';

// Every failure, whatever it was, has this body to the byte: clients match on it.
function expectPlacementFailure(response: LightMyRequestResponse, outcome: 'not-stored' | 'unknown') {
  expect(response.statusCode).toBe(500);
  expect(response.body).toBe('{"message":"Internal server error while placing the order"}');
  expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(response.headers['order-outcome']).toBe(outcome);
}

describe('a placement that fails', () => {
  it.each(['not-stored', 'unknown'] as const)('says that the order is %s when the append says so', async (outcome) => {
    const { post } = await apiUnderTest({ append: () => Promise.reject(new AppendError(outcome, 'no quorum')) });
    expectPlacementFailure(await post(limitOrder), outcome);
  });

  it('leaves open whether the order is stored when the store breaks in a way that nobody foresaw', async () => {
    const { post } = await apiUnderTest({ append: () => Promise.reject(new TypeError('undefined is not iterable')) });
    expectPlacementFailure(await post(limitOrder), 'unknown');
  });

  it('leaves it open when the earlier order of the same key cannot be read', async () => {
    const { post } = await apiUnderTest({ load: () => Promise.reject(new Error('no answer')) });
    await post(limitOrder, { 'idempotency-key': 'twice' });
    expectPlacementFailure(await post(limitOrder, { 'idempotency-key': 'twice' }), 'unknown');
  });

  it('is certain that nothing is stored when it broke before the append', async () => {
    const brokenClock = () => {
      throw new Error('no time');
    };
    const { post, store } = await apiUnderTest({ now: brokenClock });
    expectPlacementFailure(await post(limitOrder), 'not-stored');
    expect(store.log).toEqual([]);
  });

  it('counts the outcome', async () => {
    const { post, registry } = await apiUnderTest({ append: () => Promise.reject(new AppendError('unknown', 'lost')) });
    await post(limitOrder);
    expect(await registry.metrics()).toContain('orders_append_failures_total{outcome="unknown"} 1');
  });
});

describe('over a connection to the event store', () => {
  it('is unknown when the event store takes the request and never answers', async () => {
    const port = await listenAndNeverAnswer();
    const { post } = await apiUnderTest(storeAt(port, { tryTimeoutMs: 100, budgetMs: 300 }));
    expectPlacementFailure(await post(limitOrder), 'unknown');
  });

  it('is not stored when nothing listens where the event store should be', async () => {
    const { post } = await apiUnderTest(storeAt(await freePort(), { tryTimeoutMs: 1_000, budgetMs: 1_000 }));
    expectPlacementFailure(await post(limitOrder), 'not-stored');
  });
});

function storeAt(port: number, limits: AppendLimits) {
  const connection = connectEventStore({
    createClient: () => EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`),
    onReplaced: () => undefined,
  });
  onTestFinished(connection.close);
  return eventStoreOrderStore({ connection, limits });
}

async function listenAndNeverAnswer(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).resume());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
  return address.port;
}
