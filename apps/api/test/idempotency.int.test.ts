import type { Append } from '@orders/order-store/order-store';
import { describe, expect, it } from 'vitest';
import { apiUnderTest, fieldErrorsIn, limitOrder, marketOrder, problemIn } from './api-under-test.ts';

const key = (value: string, account?: string) => ({
  'idempotency-key': value,
  ...(account === undefined ? {} : { 'x-account-id': account }),
});

describe('an Idempotency-Key', () => {
  it('makes one order of 50 concurrent twins, and gives each of them the same 201', async () => {
    let clock = Date.parse('2026-01-31T08:00:00Z');
    const { post, store } = await apiUnderTest({ now: () => new Date(clock++) });
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(limitOrder, key('twins'))));
    expect(store.log).toHaveLength(1);
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(49);
    const receipts = answers.map(({ headers }) => [headers['order-stream'], headers['order-log-position']].join());
    expect(new Set(receipts).size).toBe(1);
  });

  it('repeats the first answer to a client that writes the same terms in another way', async () => {
    const { post } = await apiUnderTest();
    const first = await post({ ...limitOrder, limit_price: 120.5 }, key('retry'));
    const again = await post({ ...limitOrder, limit_price: '120.50' }, key('retry', 'default'));
    expect(again.statusCode).toBe(201);
    expect(again.body).toBe(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('repeats the first answer, with status placed, after the order has moved on', async () => {
    const { post, store } = await apiUnderTest();
    const first = await post(limitOrder, key('moved-on'));
    const orderId: string = first.json().id;
    const at = '2026-01-31T08:00:01.000Z';
    await store.append({
      orderId,
      expectedRevision: 0n,
      events: [{ type: 'SubmissionStarted', data: { order_id: orderId, attempt: 1, started_at: at } }],
      context: { correlationId: 'worker', causationId: 'worker' },
    });
    const again = await post(limitOrder, key('moved-on'));
    expect(again.body).toBe(first.body);
    expect(again.headers).toMatchObject({ 'order-revision': '0', 'idempotency-replayed': 'true' });
  });

  it('is refused for other terms, and nothing is stored', async () => {
    const { post, store } = await apiUnderTest();
    await post(limitOrder, key('reused'));
    const response = await post({ ...limitOrder, quantity: 6 }, key('reused'));
    expect(response.statusCode).toBe(422);
    const expected = { mediaType: 'application/problem+json', code: 'idempotency_key_reused' };
    expect(problemIn(response)).toMatchObject(expected);
    expect(store.log).toHaveLength(1);
  });

  it('belongs to its account', async () => {
    const { post, store } = await apiUnderTest();
    const mine = await post(limitOrder, key('shared', 'mine'));
    const yours = await post(marketOrder, key('shared', 'yours'));
    expect(yours.statusCode).toBe(201);
    expect(yours.json().id).not.toBe(mine.json().id);
    expect(store.log.map(({ event }) => event.data)).toMatchObject([{ account_id: 'mine' }, { account_id: 'yours' }]);
  });

  it('is not used up by a request that was refused', async () => {
    const { post } = await apiUnderTest();
    await post({ ...limitOrder, quantity: 0 }, key('second-try'));
    const response = await post(limitOrder, key('second-try'));
    expect(response.statusCode).toBe(201);
    expect(response.headers).not.toHaveProperty('idempotency-replayed');
  });

  it.each([
    ['empty', ''],
    ['longer than 255 characters', 'k'.repeat(256)],
    ['more than one word', 'a b'],
    ['beyond ASCII', 'schlüssel'],
  ])('is refused when it is %s', async (_name, value) => {
    const { post, store } = await apiUnderTest();
    const response = await post(limitOrder, key(value));
    expect(response.statusCode).toBe(422);
    expect(fieldErrorsIn(response)).toEqual([
      ['Idempotency-Key', 'Header `Idempotency-Key` must be 1 to 255 visible ASCII characters'],
    ]);
    expect(store.log).toEqual([]);
  });

  it('may have 255 characters', async () => {
    const { post } = await apiUnderTest();
    expect((await post(limitOrder, key('k'.repeat(255)))).statusCode).toBe(201);
  });
});

describe('a request without Idempotency-Key', () => {
  it('is a new order each time', async () => {
    const { post, store } = await apiUnderTest();
    await post(limitOrder);
    await post(limitOrder);
    expect(new Set(store.log.map(({ orderId }) => orderId)).size).toBe(2);
  });

  it('reads nothing before it appends', async () => {
    const { post } = await apiUnderTest({ load: () => Promise.reject(new Error('not to be read')) });
    expect((await post(limitOrder)).statusCode).toBe(201);
  });

  it('carries where it came from into the metadata of the event', async () => {
    const { post, store } = await apiUnderTest();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const response = await post(limitOrder, { 'x-request-id': 'checkout-17', traceparent });
    expect(response.headers['x-request-id']).toBe('checkout-17');
    expect(store.log[0]?.metadata).toMatchObject({ $correlationId: 'checkout-17', traceparent });
  });

  it('takes over neither a request id nor a trace context that is malformed', async () => {
    const appends: Append[] = [];
    const { post, store } = await apiUnderTest({
      append: (append) => {
        appends.push(append);
        return store.append(append);
      },
    });
    const response = await post(limitOrder, { 'x-request-id': 'a b\tc', traceparent: '00-0-0-0' });
    expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(appends[0]?.context).toMatchObject({
      correlationId: response.headers['x-request-id'],
      traceparent: undefined,
    });
  });
});
