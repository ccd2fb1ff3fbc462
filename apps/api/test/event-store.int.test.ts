// The API over gRPC, against the embedded event store: what the order store in memory can only imitate.
import { EventStoreDBClient } from '@eventstore/db-client';
import { freePort } from '@orders/local-system/free-port';
import { connectEventStore } from '@orders/order-store/event-store-connection';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import { readLogEnd } from '@orders/order-store/store-identity';
import { startTestEventStore } from '@orders/test-kit/event-store';
import { expect, it, onTestFinished } from 'vitest';
import { eventStoreAnswers } from '../src/event-store-readiness.ts';
import { apiUnderTest, limitOrder } from './api-under-test.ts';

const generous = { timeout: 30_000, interval: 50 };

function apiOver(url: string, budgetMs: number) {
  const connection = connectEventStore({
    createClient: () => EventStoreDBClient.connectionString(url),
    onReplaced: () => undefined,
  });
  onTestFinished(connection.close);
  const checks = { event_store: eventStoreAnswers(() => readLogEnd(connection.client()), connection) };
  const limits = { tryTimeoutMs: budgetMs, budgetMs };
  return apiUnderTest({ ...eventStoreOrderStore({ connection, limits }), checks });
}

it('makes one order of concurrent twins, and each receipt leads to its event', async () => {
  const eventStore = await startTestEventStore();
  onTestFinished(eventStore.stop);
  const { get, post } = await apiOver(eventStore.url, 30_000);
  const answers = await Promise.all(Array.from({ length: 50 }, () => post(limitOrder, { 'idempotency-key': 'twins' })));
  expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(49);

  const [first] = answers;
  const id: string = first?.json().id;
  const { events } = (await get(`/orders/${id}/events`)).json();
  expect(events).toHaveLength(1);
  const receipts = new Set(answers.map(({ headers }) => headers['order-log-position']));
  expect(receipts).toEqual(new Set([events[0].position]));
  expect((await get(`/orders/${id}`)).json()).toMatchObject({ id, status: 'placed', limit_price: 120.5 });
});

it('takes orders as soon as the event store is there, without a restart', async () => {
  const port = await freePort();
  const { get, post } = await apiOver(`esdb://127.0.0.1:${port}?tls=false`, 1_000);
  expect((await get('/health/ready')).statusCode).toBe(503);
  expect((await post(limitOrder)).statusCode).toBe(500);

  const eventStore = await startTestEventStore(port);
  onTestFinished(eventStore.stop);
  await expect.poll(async () => (await get('/health/ready')).statusCode, generous).toBe(200);
  await expect.poll(async () => (await post(limitOrder)).statusCode, generous).toBe(201);
});

it('answers for itself while the event store is away, and lets balancers send it requests', async () => {
  const eventStore = await startTestEventStore();
  const { get, post } = await apiOver(eventStore.url, 1_000);
  await expect.poll(async () => (await get('/health/serving')).statusCode, generous).toBe(200);
  await eventStore.stop();
  await expect.poll(async () => (await get('/health/ready')).statusCode, generous).toBe(503);
  expect((await get('/health/serving')).statusCode).toBe(200);
  const answer = await post(limitOrder);
  expect([answer.statusCode, answer.json()]).toEqual([
    500,
    { message: 'Internal server error while placing the order' },
  ]);
});
