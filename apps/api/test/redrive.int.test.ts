import type { OrderEvent } from '@orders/domain/order-types';
import { AppendError } from '@orders/order-store/order-store';
import {
  orderFailed,
  orderInDoubt,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { apiUnderTest, fieldErrorsIn, problemIn } from './api-under-test.ts';

const id = '0191a0c4-7c1e-7000-8000-000000000001';
const body = { by: 'ops', reason: 'not in the drop copy' };

/** An API whose order has this history. */
async function apiWith(...events: OrderEvent[]) {
  const api = await apiUnderTest();
  if (events.length > 0) {
    const context = { correlationId: 'request-1', causationId: 'c-1', traceparent: undefined };
    await api.store.append({ orderId: id, expectedRevision: 'no_stream', events, context });
  }
  const redrive = (payload: object = body) => api.post(payload, {}, `/orders/${id}/redrive`);
  return { ...api, redrive };
}

describe('POST /orders/{id}/redrive', () => {
  it.each([
    ['failed', orderFailed(id)],
    ['is in doubt', orderInDoubt(id)],
  ])('opens an order again that %s, and keeps who wanted it and why', async (_status, end) => {
    const { redrive, store } = await apiWith(orderPlaced(id), submissionStarted(id), end);
    const response = await redrive();
    expect(response.statusCode).toBe(202);
    expect(response.headers).toMatchObject({ 'order-stream': `order-${id}`, 'order-revision': '3' });
    expect(response.json()).toMatchObject({ id, status: 'placed', redrives: 1, failure: null, in_doubt_since: null });
    expect(store.log.at(-1)).toMatchObject({
      event: { type: 'RedriveRequested', data: { order_id: id, ...body } },
      metadata: { $correlationId: 'request-1' },
    });
  });

  it('is served under /v1 too', async () => {
    const { post } = await apiWith(orderPlaced(id), submissionStarted(id), orderFailed(id));
    expect((await post(body, {}, `/v1/orders/${id.toUpperCase()}/redrive`)).statusCode).toBe(202);
  });

  it.each([
    ['was just placed', []],
    ['is being submitted', [submissionStarted(id)]],
    ['was submitted', [submissionStarted(id), orderSubmitted(id)]],
    ['was sent round again already', [submissionStarted(id), orderInDoubt(id), redriveRequested(id)]],
  ])('is refused for an order that %s', async (_status, history) => {
    const { redrive, store } = await apiWith(orderPlaced(id), ...history);
    expect(problemIn(await redrive())).toMatchObject({ status: 409, code: 'order_not_redrivable' });
    expect(store.log).toHaveLength(history.length + 1);
  });

  it('lets one of many who want it at once through', async () => {
    const { redrive, store } = await apiWith(orderPlaced(id), submissionStarted(id), orderInDoubt(id));
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => redrive()))).map(
      ({ statusCode }) => statusCode,
    );
    expect(statuses.toSorted()).toEqual([202, ...Array.from({ length: 19 }, () => 409)]);
    expect(store.log).toHaveLength(4);
  });

  it('knows no order that was never placed', async () =>
    expect(problemIn(await (await apiWith()).redrive())).toMatchObject({ status: 404, code: 'order_not_found' }));

  it.each([
    [{ reason: 'x' }, ['by']],
    [{ by: 'ops' }, ['reason']],
    [{ by: '', reason: '   ' }, ['by', 'reason']],
    [{ by: 'x'.repeat(101), reason: 'x'.repeat(501) }, ['by', 'reason']],
    [{ by: 7, reason: null }, ['by', 'reason']],
    [{ ...body, force: true }, ['force']],
  ])('names what is wrong with %j', async (payload, fields) => {
    const { redrive, store } = await apiWith(orderPlaced(id), submissionStarted(id), orderFailed(id));
    const response = await redrive(payload);
    expect(response.statusCode).toBe(422);
    expect(fieldErrorsIn(response).map(([field]) => field)).toEqual(fields);
    expect(store.log).toHaveLength(3);
  });

  it.each([
    ['not-stored', 'event_store_unavailable'],
    ['unknown', 'redrive_unknown'],
  ] as const)('says what is known when the event store fails: %s', async (outcome, code) => {
    const api = await apiUnderTest({
      append: async () => Promise.reject(new AppendError(outcome, 'the event store is down')),
      load: async () => ({
        order: { status: 'in_doubt' } as never,
        revision: 2n,
        history: [],
      }),
    });
    const response = await api.post(body, {}, `/orders/${id}/redrive`);
    expect(problemIn(response)).toMatchObject({ status: 503, code });
    expect(response.headers['retry-after']).toBe('1');
  });
});
