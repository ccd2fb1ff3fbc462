import type { OrderCursor, OrderFilter, OrderPage } from '@orders/read-model/order-queries';
import type { OrderView } from '@orders/read-model/order-view';
import { describe, expect, it } from 'vitest';
import { apiUnderTest, fieldErrorsIn, limitOrder, marketOrder, problemIn, sharedApi } from './api-under-test.ts';

const unavailable = () => Promise.reject(new Error('connection refused'));
const unknownId = '019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e';

const view: OrderView = {
  id: unknownId,
  account_id: 'default',
  created_at: '2026-01-31T08:00:00.000Z',
  type: 'limit',
  side: 'buy',
  instrument: 'DE0007164600',
  limit_price: '120.50',
  quantity: 5,
  status: 'failed',
  attempts: 3,
  redrives: 1,
  exchange_order_id: null,
  submitted_at: null,
  failure: { code: 'attempts_exhausted', reason: 'Connection not available' },
  in_doubt_since: null,
  revision: 8,
};

function recordingReadModel(page: OrderPage) {
  const calls: [OrderFilter, number, OrderCursor | null][] = [];
  const list = async (...call: [OrderFilter, number, OrderCursor | null]) => {
    calls.push(call);
    return page;
  };
  return { queries: { find: async () => null, list }, calls };
}

describe('GET /orders/{id}', () => {
  it('answers from the read model, the price as a number', async () => {
    const { get } = await apiUnderTest({ queries: { find: async () => view, list: unavailable }, load: unavailable });
    const response = await get(`/orders/${view.id}`);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ ...view, limit_price: 120.5 });
  });

  it('finds an order right after its 201, before the read model has it', async () => {
    const { get, post } = await apiUnderTest();
    const placed = await post(marketOrder);
    const response = await get(String(placed.headers.location));
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ ...placed.json(), account_id: 'default', attempts: 0, revision: 0 });
  });

  it('finds an order while the read model is down', async () => {
    const { get, post, registry } = await apiUnderTest({ queries: { find: unavailable, list: unavailable } });
    const placed = await post(limitOrder);
    expect((await get(String(placed.headers.location))).statusCode).toBe(200);
    expect(await registry.metrics()).toContain('orders_view_fallbacks_total{reason="failed"} 1');
  });

  it('is 503, worth another try, when neither read model nor event store answers', async () => {
    const { get } = await apiUnderTest({ queries: { find: unavailable, list: unavailable }, load: unavailable });
    const response = await get(`/orders/${unknownId}`);
    expect(problemIn(response)).toMatchObject({ status: 503, code: 'event_store_unavailable' });
    expect(response.headers['retry-after']).toBe('1');
    expect(response.body).not.toContain('connection refused');
  });

  it.each([
    ['unknown', unknownId],
    ['no UUID', 'nope'],
    ['longer than any id', 'a'.repeat(300)],
  ])('is 404 for an id that is %s', async (_name, id) => {
    const { get } = await apiUnderTest();
    for (const url of [`/orders/${id}`, `/orders/${id}/events`, `/v1/orders/${id}`]) {
      const expected = { mediaType: 'application/problem+json', status: 404, code: 'order_not_found' };
      expect(problemIn(await get(url))).toMatchObject(expected);
    }
  });

  it('takes an id in capitals for the same id', async () => {
    const { get, post } = await apiUnderTest();
    const { id } = (await post(limitOrder)).json();
    expect((await get(`/orders/${id.toUpperCase()}`)).json()).toMatchObject({ id });
  });
});

describe('GET /orders/{id}/events', () => {
  it('shows the stream of the order as it is stored', async () => {
    const { get, post, store } = await apiUnderTest();
    const { id } = (await post(limitOrder, { 'x-request-id': 'checkout-17' })).json();
    const [stored] = store.log;
    const response = await get(`/orders/${id}/events`);
    expect(response.json()).toEqual({
      events: [
        {
          type: 'OrderPlaced',
          revision: '0',
          position: String(stored?.position.commit),
          recorded_at: stored?.recordedAt.toISOString(),
          data: { ...stored?.event.data, limit_price: '120.50' },
          metadata: { ...stored?.metadata, $correlationId: 'checkout-17' },
          id: stored?.id,
        },
      ],
    });
  });

  it('is 503 when the event store does not answer', async () => {
    const { get } = await apiUnderTest({ load: unavailable });
    expect(problemIn(await get(`/orders/${unknownId}/events`))).toMatchObject({ code: 'event_store_unavailable' });
  });
});

describe('GET /orders', () => {
  const api = sharedApi();

  it('lists the newest 50 of everything unless told otherwise', async () => {
    const { queries, calls } = recordingReadModel({ orders: [view], next: null });
    const { get } = await apiUnderTest({ queries });
    const response = await get('/orders');
    expect(response.json()).toMatchObject({ orders: [{ id: view.id, limit_price: 120.5 }], next_cursor: null });
    expect(calls).toEqual([[{}, 50, null]]);
  });

  it('hands every filter to the read model', async () => {
    const { queries, calls } = recordingReadModel({ orders: [], next: null });
    const { get } = await apiUnderTest({ queries });
    const query = new URLSearchParams([
      ['status', 'placed,submitting'],
      ['status', 'failed'],
      ['side', 'buy'],
      ['type', 'limit'],
      ['instrument', 'DE0007164600'],
      ['account', 'desk-7'],
      ['placed_from', '2026-01-31T08:00:00Z'],
      ['placed_to', '2026-01-31T10:00:00+01:00'],
      ['limit', '500'],
    ]);
    expect((await get(`/v1/orders?${query}`)).statusCode).toBe(200);
    const filter = {
      statuses: ['placed', 'submitting', 'failed'],
      side: 'buy',
      type: 'limit',
      instrument: 'DE0007164600',
      account_id: 'desk-7',
      placedFromMs: Date.parse('2026-01-31T08:00:00Z'),
      placedToMs: Date.parse('2026-01-31T09:00:00Z'),
    };
    expect(calls).toEqual([[filter, 500, null]]);
  });

  it('continues where the cursor of the last page says', async () => {
    const next = { placedAtMs: 1_769_846_400_123, id: view.id };
    const { queries, calls } = recordingReadModel({ orders: [], next });
    const { get } = await apiUnderTest({ queries });
    const { next_cursor } = (await get('/orders')).json();
    await get(`/orders?limit=2&cursor=${next_cursor}`);
    expect(calls.at(-1)).toEqual([{}, 2, next]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=5.5', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['status=open', 'status'],
    ['status=', 'status'],
    ['side=both', 'side'],
    ['type=stop', 'type'],
    ['instrument=short', 'instrument'],
    ['account=a%20b', 'account'],
    ['placed_from=yesterday', 'placed_from'],
    ['placed_from=2026-01-31', 'placed_from'],
    ['placed_to=2026-02-30T00:00:00Z', 'placed_to'],
    ['placed_to=2016-12-31T23:59:60Z', 'placed_to'],
    ['cursor=nonsense', 'cursor'],
    ['cursor=', 'cursor'],
    ['staus=placed', 'staus'],
  ])('is 422 for ?%s, and names the parameter', async (query, field) => {
    const { get } = await api;
    const response = await get(`/orders?${query}`);
    expect(problemIn(response)).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(fieldErrorsIn(response).map(([name]) => name)).toEqual([field]);
  });

  it('is 503, worth another try, while the read model is down', async () => {
    const { get } = await apiUnderTest({ queries: { find: unavailable, list: unavailable } });
    const response = await get('/orders');
    expect(response.headers['retry-after']).toBe('1');
    const expected = { mediaType: 'application/problem+json', status: 503, code: 'read_model_unavailable' };
    expect(problemIn(response)).toMatchObject(expected);
  });

  it('hides what went wrong when it is a bug', async () => {
    const broken = { ...view, limit_price: undefined as unknown as null, revision: 'x' as unknown as number };
    const { queries } = recordingReadModel({ orders: [broken], next: null });
    const { get } = await apiUnderTest({ queries });
    const response = await get('/orders');
    expect(problemIn(response)).toMatchObject({ status: 500, code: 'internal_error' });
    expect(response.json().detail).toBe('Something went wrong; it has been logged');
  });
});
