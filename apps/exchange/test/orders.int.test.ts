import { randomUUID } from 'node:crypto';
import type { OrderRequest } from '@orders/stock-exchange/exchange-protocol';
import { httpExchange } from '@orders/stock-exchange/http-exchange';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitOrder, orderIn, problem, startExchange, type TestExchange } from './exchange-fixture.ts';

let exchange: TestExchange;

beforeEach(async () => {
  exchange = await startExchange();
});
afterEach(() => exchange.stop());

describe('POST /orders', () => {
  it('answers 201 with the order that it wrote to the ledger', async () => {
    const order = limitOrder();
    const answer = await exchange.post(order);
    expect(answer.status).toBe(201);
    const entry = { ...order, exchange_order_id: expect.any(String), accepted_at: expect.any(String) };
    const body = await orderIn(answer);
    expect(body).toEqual(entry);
    expect(await exchange.readLedger()).toEqual([{ ...body, sequence: 1 }]);
  });

  it('takes a market order, which has no limit price', async () => {
    const order = limitOrder({ type: 'market', limit_price: null });
    expect(await (await exchange.post(order)).json()).toMatchObject(order);
  });

  it('answers an identical repeat 200 with the original, whatever the faults are by then', async () => {
    const order = limitOrder();
    const original = await (await exchange.post(order)).json();
    await exchange.setFaults({
      failure_rate: 1,
      latency: { kind: 'fixed', ms: 60_000 },
      reject: [{ reason: 'closed' }],
    });
    const repeat = await exchange.post(order);
    expect([repeat.status, await repeat.json()]).toEqual([200, original]);
    expect(await exchange.readLedger()).toHaveLength(1);
  });

  it.each<Partial<OrderRequest>>([
    { quantity: 6 },
    { side: 'sell' },
    { instrument: 'DE0007164601' },
    { limit_price: '120.51' },
    { type: 'market', limit_price: null },
  ])('answers 409 when %o comes under an id in use', async (change) => {
    const order = limitOrder();
    const original = await (await exchange.post(order)).json();
    const answer = await exchange.post({ ...order, ...change });
    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toEqual(problem(409, 'client_order_id_in_use'));
    expect(await (await exchange.get(`/orders/${order.client_order_id}`)).json()).toEqual(original);
  });

  it('makes one order of fifty concurrent twins', async () => {
    await exchange.setFaults({ latency: { kind: 'uniform', min_ms: 0, max_ms: 50 } });
    const order = limitOrder();
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchange.post(order)));
    const bodies = await Promise.all(answers.map(orderIn));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(49).fill(200), 201]);
    expect(new Set(bodies.map((body) => body.exchange_order_id)).size).toBe(1);
    expect(await exchange.readLedger()).toHaveLength(1);
  });

  it('has more than a thousand orders under way at once', async () => {
    await exchange.setFaults({ latency: { kind: 'fixed', ms: 500 } });
    const orders = Array.from({ length: 1_200 }, () => limitOrder());
    const answers = await Promise.all(orders.map((order) => exchange.app.inject({ ...injected, payload: order })));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201]));
    expect(exchange.ledger.size()).toBe(1_200);
  });

  const injected = { method: 'POST', url: '/orders' } as const;

  it.each([
    ['a misspelt field', { ...limitOrder(), limitprice: '1' }],
    ['a quantity as text', { ...limitOrder(), quantity: '5' }],
    ['a broken quantity', limitOrder({ quantity: 1.5 })],
    ['no quantity', { ...limitOrder(), quantity: undefined }],
    ['a quantity of zero', limitOrder({ quantity: 0 })],
    ['a price as number', { ...limitOrder(), limit_price: 120.5 }],
    ['a price of three decimals', limitOrder({ limit_price: '1.005' })],
    ['a price of zero', limitOrder({ limit_price: '0.00' })],
    ['a limit order without a price', limitOrder({ limit_price: null })],
    ['a market order with a price', limitOrder({ type: 'market' })],
    ['an instrument of 11 characters', limitOrder({ instrument: 'DE000716460' })],
    ['an id that is no UUID', limitOrder({ client_order_id: '1' })],
    ['an id in upper case', limitOrder({ client_order_id: randomUUID().toUpperCase() })],
    ['a list', [limitOrder()]],
  ])('answers 400 to %s', async (_name, body) => {
    const answer = await exchange.post(body);
    expect([answer.status, await answer.json()]).toEqual([400, problem(400, 'invalid_request')]);
    expect(await exchange.readLedger()).toEqual([]);
  });

  it.each([
    [400, { payload: '{', headers: { 'content-type': 'application/json' } }],
    [413, { payload: { padding: 'x'.repeat(70_000) } }],
    [415, { payload: '<order/>', headers: { 'content-type': 'application/xml' } }],
  ])('answers %i as a problem document', async (status, request) => {
    const answer = await exchange.app.inject({ ...injected, ...request });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual(problem(status, 'invalid_request'));
  });

  it('keeps the text of its own failures to itself', async () => {
    exchange.ledger.find = () => {
      throw new Error('secret');
    };
    const answer = await exchange.post(limitOrder());
    expect(await answer.json()).toEqual({ ...problem(500, 'internal_error'), detail: 'See the log of the exchange' });
  });
});

describe('GET /orders/{client_order_id}', () => {
  it('shows an order that stands', async () => {
    const order = limitOrder();
    const original = await (await exchange.post(order)).json();
    const answer = await exchange.get(`/orders/${order.client_order_id}`);
    expect([answer.status, await answer.json()]).toEqual([200, original]);
  });

  it('answers 404 for an order that does not stand', async () => {
    const answer = await exchange.get(`/orders/${randomUUID()}`);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toEqual(problem(404, 'order_not_found'));
  });

  it('answers 400 to what is no id', async () => {
    expect((await exchange.get('/orders/1')).status).toBe(400);
  });
});

describe('GET /ledger', () => {
  it('streams every entry as a line, in the order of acceptance', async () => {
    const orders = Array.from({ length: 5_000 }, () => limitOrder());
    await Promise.all(orders.map(({ client_order_id, ...terms }) => record(client_order_id, terms)));
    const answer = await exchange.get('/ledger');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const entries = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries).toMatchObject(orders.map((order, index) => ({ sequence: index + 1, ...order })));
  });

  const record = (clientOrderId: string, terms: Omit<OrderRequest, 'client_order_id'>) =>
    exchange.ledger.record({ clientOrderId, terms });

  it('is empty before the first order', async () => {
    const answer = await exchange.get('/ledger');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });
});

describe('for operators', () => {
  it('counts what it accepted and what it answered', async () => {
    const order = limitOrder();
    await exchange.post(order);
    await exchange.post(order);
    await exchange.setFaults({ failure_rate: 1 });
    await exchange.post(limitOrder());
    const metrics = (await (await exchange.get('/metrics')).text()).split('\n');
    expect(metrics).toEqual(
      expect.arrayContaining([
        'exchange_ledger_entries 1',
        'exchange_orders_in_flight 0',
        'exchange_orders_accepted_total 1',
        'exchange_orders_answered_total{outcome="accepted"} 1',
        'exchange_orders_answered_total{outcome="repeated"} 1',
        'exchange_orders_answered_total{outcome="not_placed"} 1',
      ]),
    );
  });

  it('is ready while its ledger works', async () => {
    expect(await (await exchange.get('/health/ready')).json()).toEqual({ status: 'ready', checks: { ledger: 'ok' } });
  });
});

describe('httpExchange', () => {
  it('reads from each answer what happened', async () => {
    const adapter = httpExchange({ url: exchange.url });
    const { client_order_id: clientOrderId, ...terms } = limitOrder();
    const order = { clientOrderId, terms };
    expect(await adapter.query?.(clientOrderId)).toEqual({ kind: 'absent' });
    await exchange.setFaults({ failure_rate: 1 });
    expect(await adapter.place(order)).toMatchObject({ kind: 'not_placed' });
    await exchange.setFaults({ reject: [{ reason: 'closed' }] });
    expect(await adapter.place(order)).toEqual({ kind: 'refused', reason: 'closed' });
    await exchange.setFaults({ lose_answer_rate: 1 });
    expect(await adapter.place(order)).toMatchObject({ kind: 'unknown' });
    const [entry] = await exchange.readLedger();
    const exchangeOrderId = entry?.exchange_order_id;
    expect(await adapter.query?.(clientOrderId)).toEqual({ kind: 'found', exchangeOrderId });
    expect(await adapter.place(order)).toEqual({ kind: 'confirmed', exchangeOrderId });
    const changed = { clientOrderId, terms: { ...terms, quantity: 6 } };
    expect(await adapter.place(changed)).toMatchObject({ kind: 'refused' });
    await exchange.setFaults({ outage: true });
    expect(await adapter.place(order)).toMatchObject({ kind: 'unknown' });
    expect(await adapter.query?.(clientOrderId)).toMatchObject({ kind: 'unknown' });
  });
});
