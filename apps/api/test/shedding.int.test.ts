// Over a real socket: the refusal is made before Fastify sees the request, which `inject` would pass by.
import { setTimeout as sleep } from 'node:timers/promises';
import { TooManyAppendsError } from '@orders/order-store/event-store-order-store';
import { memoryOrderStore } from '@orders/order-store/memory-order-store';
import type { Append } from '@orders/order-store/order-store';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sheddingDefaults } from '../src/admission.ts';
import type { ServerDeps } from '../src/server.ts';
import { apiUnderTest, limitOrder } from './api-under-test.ts';

// However busy the machine is: these tests are about appends.
const limits = { ...sheddingDefaults, loopDelayMs: 3_600_000 };
const generous = { timeout: 30_000, interval: 20 };

/** An order store that answers nothing until it is told to. */
function heldBackStore() {
  const store = memoryOrderStore();
  const gate = Promise.withResolvers<void>();
  let waiting = 0;
  return {
    release: gate.resolve,
    waiting: () => waiting,
    async append(append: Append) {
      waiting += 1;
      await gate.promise;
      return store.append(append);
    },
  };
}

async function listeningApi(replaced: Partial<ServerDeps>) {
  const { app, registry } = await apiUnderTest(replaced);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(limitOrder);
  return {
    url,
    registry,
    post: (path = '/orders', init: RequestInit = {}) =>
      fetch(`${url}${path}`, { method: 'POST', headers, body, ...init }),
  };
}

/** An API with as many appends under way as it takes. */
async function fullApi(appendsMax: number) {
  const held = heldBackStore();
  const api = await listeningApi({ append: held.append, shedding: { ...limits, appendsMax } });
  // Before the server closes, which waits for every answer: the last one that is registered is the first to run.
  onTestFinished(() => held.release());
  const taken = Array.from({ length: appendsMax }, () => api.post());
  await vi.waitFor(() => expect(held.waiting()).toBe(appendsMax), generous);
  return { ...api, release: held.release, taken };
}

describe('with as many appends under way as are allowed', () => {
  it.each(['/orders', '/v1/orders', '/orders?from=checkout'])(
    'an order at %s is refused at once, with all that its sender needs to come back',
    async (path) => {
      const { post } = await fullApi(3);
      const response = await post(path);
      expect(response.status).toBe(503);
      expect(response.headers.get('order-outcome')).toBe('not-stored');
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(await response.json()).toMatchObject({ status: 503, code: 'overloaded', title: 'Service Unavailable' });
    },
  );

  it('the body of a refused order is not even read as JSON, and its id is echoed', async () => {
    const { post } = await fullApi(1);
    const response = await post('/orders', { body: '{', headers: { 'x-request-id': 'mine' } });
    expect([response.status, response.headers.get('x-request-id')]).toEqual([503, 'mine']);
  });

  it('everything but the placing of orders is served', async () => {
    const { url, post } = await fullApi(1);
    const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status;
    expect(await Promise.all(['/health/live', '/metrics', '/docs/json', '/orders'].map(statusOf))).toEqual([
      ...[200, 200, 200, 200],
    ]);
    expect((await post('/orders/none')).status).toBe(404);
  });

  it('what was taken is stored, and the next order is taken again', async () => {
    const { post, release, taken } = await fullApi(5);
    expect((await post()).status).toBe(503);
    release();
    const statuses = (await Promise.all(taken)).map(({ status }) => status);
    expect(statuses).toEqual([201, 201, 201, 201, 201]);
    expect((await post()).status).toBe(201);
  });

  it('refusals are counted by reason', async () => {
    const { registry, post } = await fullApi(2);
    await Promise.all([post(), post(), post()]);
    const text = await registry.metrics();
    expect(text).toContain('orders_shed_total{reason="appends_max"} 3');
    expect(text).toContain('orders_shed_total{reason="append_wait"} 0');
  });

  it('a crowd is refused to the last, over connections that are used again', async () => {
    const { post } = await fullApi(1);
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(Array.from({ length: 200 }, () => post()));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      const waits = answers.map(({ headers }) => Number(headers.get('retry-after')));
      expect(new Set(waits).size).toBeGreaterThan(1);
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    }
  });
});

describe('with an event store that answers nothing', () => {
  it('some orders are let in and the rest refused, and orders are taken again once it is back', async () => {
    const held = heldBackStore();
    const { post } = await listeningApi({ append: held.append, shedding: limits });
    onTestFinished(() => held.release());
    const taken: Promise<Response>[] = [];
    // Nothing completes, so an order is either refused at once or waits with the others.
    await vi.waitFor(async () => {
      const order = post();
      const answer = await Promise.race([order, sleep(30, null)]);
      if (answer === null) taken.push(order);
      for (let more = 0; more < 40; more += 1) taken.push(post());
      expect(answer?.status).toBe(503);
    }, generous);
    const before = held.waiting();
    expect(before).toBeGreaterThanOrEqual(64);

    held.release();
    const statuses = new Set((await Promise.all(taken)).map(({ status }) => status));
    expect(statuses).toContain(201);
    await expect.poll(async () => (await post()).status, generous).toBe(201);
  });
});

describe('when the order store itself takes no more', () => {
  it('the order is refused in the same way, and not as a failure', async () => {
    const { post, registry } = await apiUnderTest({ append: () => Promise.reject(new TooManyAppendsError()) });
    const response = await post(limitOrder);
    expect(response.statusCode).toBe(503);
    expect(response.headers['order-outcome']).toBe('not-stored');
    expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(response.json()).toMatchObject({ code: 'overloaded' });
    expect(await registry.metrics()).toContain('orders_shed_total{reason="appends_max"} 1');
  });
});
