import { orderStream } from '@orders/order-store/order-store';
import { describe, expect, it } from 'vitest';
import { apiUnderTest, fieldErrorsIn, limitOrder, marketOrder, problemIn, sharedApi } from './api-under-test.ts';

describe('an order that is valid', () => {
  it('is stored as one event before it is answered with 201, the order and a receipt', async () => {
    const { post, store } = await apiUnderTest({ now: () => new Date('2026-01-31T08:00:00Z') });
    const response = await post(limitOrder);
    const [stored] = store.log;
    expect(store.log).toHaveLength(1);
    expect(response.statusCode).toBe(201);
    const id = stored?.orderId ?? '';
    expect(response.json()).toEqual({ id, created_at: '2026-01-31T08:00:00.000Z', ...limitOrder, status: 'placed' });
    expect(response.headers).toMatchObject({
      location: `/orders/${id}`,
      'order-stream': orderStream(id),
      'order-revision': '0',
      'order-log-position': String(stored?.position.commit),
    });
    expect(response.headers).not.toHaveProperty('idempotency-replayed');
  });

  it('keeps the price as an exact decimal and shows it as a JSON number', async () => {
    const { post, store } = await apiUnderTest();
    const response = await post({ ...limitOrder, limit_price: '0.1' });
    expect(store.log[0]?.event.data).toMatchObject({ limit_price: '0.10' });
    expect(response.body).toContain('"limit_price":0.1,');
  });

  it('is taken under /v1/orders too, and located there', async () => {
    const { post } = await apiUnderTest();
    const response = await post(marketOrder, {}, '/v1/orders');
    expect(response.statusCode).toBe(201);
    expect(response.headers.location).toBe(`/v1/orders/${response.json().id}`);
  });

  it('gets ids that order by time', async () => {
    const { post } = await apiUnderTest();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push((await post(marketOrder)).json().id);
    expect(ids.toSorted()).toEqual(ids);
  });

  it.each([
    ['a market order without a price', marketOrder],
    ['a market order whose price is null', { ...marketOrder, limit_price: null }],
    ['the largest price', { ...limitOrder, limit_price: 9999999999999.99 }],
    ['the largest price as text', { ...limitOrder, limit_price: '9999999999999.99' }],
    ['the smallest price', { ...limitOrder, limit_price: '0.01' }],
    ['the largest quantity', { ...limitOrder, quantity: Number.MAX_SAFE_INTEGER }],
    ['an instrument of 12 characters outside the basic plane', { ...marketOrder, instrument: '😀'.repeat(12) }],
  ])('is %s', async (_name, body) => {
    const { post } = await apiUnderTest();
    expect((await post(body)).statusCode).toBe(201);
  });

  it('may write its price with an exponent, which is the same JSON number', async () => {
    const { postText, store } = await apiUnderTest();
    const response = await postText(JSON.stringify(limitOrder).replace('120.5', '1e3'));
    expect(response.statusCode).toBe(201);
    expect(store.log[0]?.event.data).toMatchObject({ limit_price: '1000.00' });
  });

  it('may carry a charset in its content type', async () => {
    const { postText } = await apiUnderTest();
    const response = await postText(JSON.stringify(limitOrder), 'application/json; charset=utf-8');
    expect(response.statusCode).toBe(201);
  });
});

const rule = {
  type: 'Attribute `type` must be `market` or `limit`',
  side: 'Attribute `side` must be `buy` or `sell`',
  instrument: 'Attribute `instrument` must be a string of exactly 12 characters',
  limit_price:
    'Attribute `limit_price` must be a number or a decimal string greater than 0, at most 9999999999999.99, ' +
    'with at most 2 decimals',
  quantity: 'Attribute `quantity` must be an integer from 1 to 9007199254740991',
};
const priceProhibited = 'Providing a `limit_price` is prohibited for type `market`';
const priceRequired = 'Attribute `limit_price` is required for type `limit`';

describe('an order that is refused with one entry for its one violated field', () => {
  const api = sharedApi();
  const without = (field: keyof typeof limitOrder) => ({ ...limitOrder, [field]: undefined });

  it.each<[string, object, field: string, message: string]>([
    ['no type', without('type'), 'type', 'Attribute `type` is required'],
    ['an unknown type', { ...limitOrder, type: 'stop' }, 'type', rule.type],
    ['a type that is no string', { ...limitOrder, type: 1 }, 'type', rule.type],
    ['no side', without('side'), 'side', 'Attribute `side` is required'],
    ['an unknown side', { ...limitOrder, side: 'BUY' }, 'side', rule.side],
    ['no instrument', without('instrument'), 'instrument', 'Attribute `instrument` is required'],
    ['an instrument of 11 characters', { ...limitOrder, instrument: 'DE000716460' }, 'instrument', rule.instrument],
    ['an instrument of 13 characters', { ...limitOrder, instrument: 'DE00071646000' }, 'instrument', rule.instrument],
    ['6 characters that take 12 units', { ...limitOrder, instrument: '😀'.repeat(6) }, 'instrument', rule.instrument],
    ['half a surrogate pair', { ...limitOrder, instrument: 'DE000716460\ud83d' }, 'instrument', rule.instrument],
    ['an instrument that is no string', { ...limitOrder, instrument: 123456789012 }, 'instrument', rule.instrument],
    ['no quantity', without('quantity'), 'quantity', 'Attribute `quantity` is required'],
    ['a quantity in quotes', { ...limitOrder, quantity: '5' }, 'quantity', rule.quantity],
    ['a quantity of zero', { ...limitOrder, quantity: 0 }, 'quantity', rule.quantity],
    ['a negative quantity', { ...limitOrder, quantity: -5 }, 'quantity', rule.quantity],
    ['a broken quantity', { ...limitOrder, quantity: 5.5 }, 'quantity', rule.quantity],
    ['a quantity of null', { ...limitOrder, quantity: null }, 'quantity', rule.quantity],
    ['a quantity beyond exact integers', { ...limitOrder, quantity: 2 ** 53 }, 'quantity', rule.quantity],
    ['a huge quantity', { ...limitOrder, quantity: 1e20 }, 'quantity', rule.quantity],
    ['a price with 3 decimals', { ...limitOrder, limit_price: 1.005 }, 'limit_price', rule.limit_price],
    ['a price with 3 decimals as text', { ...limitOrder, limit_price: '1.000' }, 'limit_price', rule.limit_price],
    ['a price of zero', { ...limitOrder, limit_price: 0 }, 'limit_price', rule.limit_price],
    ['a price of zero as text', { ...limitOrder, limit_price: '0.00' }, 'limit_price', rule.limit_price],
    ['a negative price', { ...limitOrder, limit_price: -1 }, 'limit_price', rule.limit_price],
    ['a negative price as text', { ...limitOrder, limit_price: '-1' }, 'limit_price', rule.limit_price],
    ['a huge price', { ...limitOrder, limit_price: 1e20 }, 'limit_price', rule.limit_price],
    [
      'a price one cent too large',
      { ...limitOrder, limit_price: '10000000000000.00' },
      'limit_price',
      rule.limit_price,
    ],
    ['a tiny price', { ...limitOrder, limit_price: 1e-7 }, 'limit_price', rule.limit_price],
    ['a price text with an exponent', { ...limitOrder, limit_price: '1e3' }, 'limit_price', rule.limit_price],
    ['a price of NaN as text', { ...limitOrder, limit_price: 'NaN' }, 'limit_price', rule.limit_price],
    ['an empty price text', { ...limitOrder, limit_price: '' }, 'limit_price', rule.limit_price],
    ['a price that is a list', { ...limitOrder, limit_price: [120.5] }, 'limit_price', rule.limit_price],
    ['a price that is a boolean', { ...limitOrder, limit_price: true }, 'limit_price', rule.limit_price],
    ['a limit order without a price', without('limit_price'), 'limit_price', priceRequired],
    ['a limit order whose price is null', { ...limitOrder, limit_price: null }, 'limit_price', priceRequired],
    ['a market order with a price', { ...marketOrder, limit_price: 120.5 }, 'limit_price', priceProhibited],
    ['a market order with an invalid price', { ...marketOrder, limit_price: -1 }, 'limit_price', priceProhibited],
    ['an unknown field', { ...limitOrder, limitPrice: 1 }, 'limitPrice', 'Attribute `limitPrice` is not known'],
    ['a field named like a method', { ...limitOrder, toString: 1 }, 'toString', 'Attribute `toString` is not known'],
  ])('has %s', async (_name, body, field, message) => {
    const { post, store } = await api;
    const response = await post(body);
    const expected = { mediaType: 'application/problem+json', status: 422, code: 'validation_failed' };
    expect(problemIn(response)).toMatchObject(expected);
    expect(fieldErrorsIn(response)).toEqual([[field, message]]);
    expect(store.log).toEqual([]);
  });

  it('has a price beyond what a double can hold', async () => {
    const { postText } = await api;
    const response = await postText(JSON.stringify(limitOrder).replace('120.5', '1e400'));
    expect(fieldErrorsIn(response)).toEqual([['limit_price', rule.limit_price]]);
  });
});

describe('an order with several violated fields', () => {
  it('is refused with one entry for each, unknown fields last', async () => {
    const { post } = await apiUnderTest();
    const response = await post({ colour: 'red', type: 'limit', instrument: 'short', quantity: '5' });
    expect(fieldErrorsIn(response)).toEqual([
      ['side', 'Attribute `side` is required'],
      ['instrument', rule.instrument],
      ['limit_price', priceRequired],
      ['quantity', rule.quantity],
      ['colour', 'Attribute `colour` is not known'],
    ]);
  });

  it('hears of a prohibited price together with the rest', async () => {
    const { post } = await apiUnderTest();
    const response = await post({ ...marketOrder, limit_price: '1.234', quantity: 0 });
    expect(fieldErrorsIn(response)).toEqual([
      ['limit_price', priceProhibited],
      ['quantity', rule.quantity],
    ]);
  });

  it('hears nothing about a price whose type it got wrong', async () => {
    const { post } = await apiUnderTest();
    expect(fieldErrorsIn(await post({ ...marketOrder, type: 'stop' }))).toEqual([['type', rule.type]]);
  });

  it('gets a bounded answer, however many unknown fields it has', async () => {
    const { post } = await apiUnderTest();
    const unknown = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`f${index}`, 1]));
    const errors = fieldErrorsIn(await post({ ...unknown, ...limitOrder, quantity: 0 }));
    expect(errors).toHaveLength(100);
    expect(errors[0]).toEqual(['quantity', rule.quantity]);
  });
});

describe('a request that is not an order at all', () => {
  const api = sharedApi();

  it.each([
    ['no body', '', 400, 'empty_body'],
    ['broken JSON', '{"type":', 400, 'malformed_json'],
    ['NaN', '{"quantity":NaN}', 400, 'malformed_json'],
    ['a key that poisons prototypes', '{"__proto__":{"a":1}}', 400, 'malformed_json'],
    ['2 MiB', JSON.stringify({ ...limitOrder, note: 'x'.repeat(2 * 1_024 * 1_024) }), 413, 'body_too_large'],
    ['a list', '[]', 422, 'validation_failed'],
    ['null', 'null', 422, 'validation_failed'],
    ['a string', '"limit"', 422, 'validation_failed'],
  ])('holds %s', async (_name, text, status, code) => {
    const { postText, store } = await api;
    const response = await postText(text);
    expect(response.statusCode).toBe(status);
    expect(problemIn(response)).toMatchObject({ mediaType: 'application/problem+json', status, code });
    expect(store.log).toEqual([]);
  });

  it('says of a body that is no object that it must be one', async () => {
    const { postText } = await api;
    expect(fieldErrorsIn(await postText('[]'))).toEqual([['body', 'The body must be a JSON object']]);
  });

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense'])(
    'comes as %s',
    async (contentType) => {
      const { postText } = await api;
      const response = await postText(JSON.stringify(limitOrder), contentType);
      expect(response.statusCode).toBe(415);
      expect(problemIn(response)).toMatchObject({
        mediaType: 'application/problem+json',
        code: 'unsupported_media_type',
      });
    },
  );

  it('comes without a content type', async () => {
    const { app } = await api;
    const response = await app.inject({ method: 'POST', url: '/orders', payload: Buffer.from('{}') });
    expect(problemIn(response)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  it('comes without a content type and without a body', async () => {
    const { app } = await api;
    expect(problemIn(await app.inject({ method: 'POST', url: '/orders' }))).toMatchObject({ code: 'empty_body' });
  });

  it.each(['', 'a b', 'a/b', 'x'.repeat(65)])('names the account "%s"', async (account) => {
    const { post } = await api;
    const response = await post(limitOrder, { 'x-account-id': account });
    expect(fieldErrorsIn(response)).toEqual([
      ['X-Account-Id', 'Header `X-Account-Id` must be 1 to 64 characters out of letters, digits and `.` `_` `-`'],
    ]);
  });
});
