import { describe, expect, it } from 'vitest';
import { metricNames } from '../src/metrics.ts';
import { apiUnderTest, limitOrder, problemIn } from './api-under-test.ts';

describe('GET /metrics', () => {
  it('has every series from the start, so that the first increment is seen', async () => {
    const { get } = await apiUnderTest();
    const { body } = await get('/metrics');
    for (const name of Object.values(metricNames)) expect(body).toContain(`# TYPE ${name} `);
    expect(body).toContain('orders_accepted_total{replayed="true"} 0');
    expect(body).toContain('orders_append_failures_total{outcome="not-stored"} 0');
  });

  it('counts accepted orders, replays apart', async () => {
    const { get, post } = await apiUnderTest();
    for (let count = 0; count < 3; count += 1) await post(limitOrder, { 'idempotency-key': 'same' });
    const { body } = await get('/metrics');
    expect(body).toContain('orders_accepted_total{replayed="false"} 1');
    expect(body).toContain('orders_accepted_total{replayed="true"} 2');
    expect(body).toContain('orders_append_duration_seconds_count 3');
  });

  it('measures requests by route, method and class of status, and never by id', async () => {
    const { get, post } = await apiUnderTest();
    const { id } = (await post(limitOrder)).json();
    await get(`/orders/${id}`);
    await get(`/orders/${id}x`);
    await get('/no/such/route');
    const { body } = await get('/metrics');
    const count = (route: string, method: string, status: string) =>
      `http_request_duration_seconds_count{route="${route}",method="${method}",status_class="${status}"} 1`;
    expect(body).toContain(count('/orders', 'POST', '2xx'));
    expect(body).toContain(count('/orders/:id', 'GET', '2xx'));
    expect(body).toContain(count('/orders/:id', 'GET', '4xx'));
    expect(body).toContain(count('unknown', 'GET', '4xx'));
    expect(body).not.toContain(id);
  });
});

describe('GET /health/ready', () => {
  it.each([
    [true, false, 200],
    [false, false, 503],
    [true, true, 503],
  ])('with an event store that answers: %s, and stopping: %s, is %i', async (answers, stopping, status) => {
    const { get } = await apiUnderTest({ checks: { event_store: () => answers }, isStopping: () => stopping });
    expect((await get('/health/ready')).statusCode).toBe(status);
  });
});

describe('every answer', () => {
  it.each(['/orders', '/no/such/route', '/orders/%zz', '/health/live', '/docs/json'])(
    'has a request id, as that of %s',
    async (url) => {
      const { get } = await apiUnderTest();
      expect((await get(url)).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect((await get(url, { 'x-request-id': 'mine' })).headers['x-request-id']).toBe('mine');
    },
  );

  it('to an unknown address or method is a problem', async () => {
    const { app, get } = await apiUnderTest();
    const expected = { mediaType: 'application/problem+json', status: 404, code: 'route_not_found' };
    expect(problemIn(await get('/no/such/route'))).toMatchObject(expected);
    expect(problemIn(await app.inject({ method: 'DELETE', url: '/orders' }))).toMatchObject(expected);
  });

  it('to a path that is not percent-encoded is a problem', async () => {
    const { get } = await apiUnderTest();
    expect(problemIn(await get('/orders/%zz'))).toMatchObject({ status: 400, code: 'malformed_url' });
  });
});
