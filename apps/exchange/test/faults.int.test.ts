import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitOrder, problem, startExchange, type TestExchange } from './exchange-fixture.ts';

const standard = {
  failure_rate: 0,
  latency: { kind: 'fixed', ms: 0 },
  outage: false,
  hang: false,
  lose_answer_rate: 0,
  reject: [],
};

let exchange: TestExchange;

beforeEach(async () => {
  exchange = await startExchange();
});
afterEach(() => exchange.stop());

const statusOf = async (order: unknown) => (await exchange.post(order)).status;

describe('PUT /faults', () => {
  it('replaces the whole document and shows what holds from now on', async () => {
    const document = {
      failure_rate: 0.25,
      latency: { kind: 'lognormal', median_ms: 40, sigma: 0.5 },
      outage: true,
      hang: true,
      lose_answer_rate: 1,
      reject: [{ instrument: 'DE0007164600', side: 'sell', quantity_above: 10, reason: 'too much' }],
    };
    expect(await (await exchange.setFaults(document)).json()).toEqual(document);
    expect(await (await exchange.get('/faults')).json()).toEqual(document);
    const latency = { kind: 'uniform', min_ms: 1, max_ms: 2 };
    expect(await (await exchange.setFaults({ latency })).json()).toEqual({ ...standard, latency });
    expect(await (await exchange.setFaults({})).json()).toEqual(standard);
    expect(await (await exchange.get('/faults')).json()).toEqual(standard);
  });

  it.each([
    ['an unknown field', { outages: true }],
    ['an unknown field in latency', { latency: { kind: 'fixed', ms: 1, sigma: 1 } }],
    ['an unknown latency', { latency: { kind: 'normal', ms: 1 } }],
    ['an endless latency', { latency: { kind: 'fixed', ms: 60_001 } }],
    ['an upside-down latency', { latency: { kind: 'uniform', min_ms: 2, max_ms: 1 } }],
    ['an unknown condition of a rule', { reject: [{ account: 'a', reason: 'closed' }] }],
    ['a rule without a reason', { reject: [{ side: 'buy' }] }],
    ['a rate above one', { failure_rate: 1.1 }],
    ['a negative rate', { lose_answer_rate: -0.1 }],
    ['a switch as text', { outage: 'true' }],
    ['no document', null],
  ])('answers 400 to %s, and keeps the faults it has', async (_name, document) => {
    await exchange.setFaults({ outage: true });
    const answer = await exchange.setFaults(document);
    expect([answer.status, await answer.json()]).toEqual([400, problem(400, 'invalid_request')]);
    expect(await (await exchange.get('/faults')).json()).toEqual({ ...standard, outage: true });
  });

  it('names the field that it does not know', async () => {
    const { detail } = (await (await exchange.setFaults({ outages: true })).json()) as { detail: string };
    expect(detail).toContain('outages');
  });
});

it('failure_rate: answers 503 and places nothing', async () => {
  await exchange.setFaults({ failure_rate: 1 });
  const answer = await exchange.post(limitOrder());
  expect([answer.status, await answer.json()]).toEqual([
    503,
    {
      ...problem(503, 'connection_not_available'),
      detail: 'Failed to place order at stock exchange. Connection not available',
    },
  ]);
  expect(await exchange.readLedger()).toEqual([]);
});

it('outage: answers every order and every query 503 until it ends', async () => {
  const [standing, fresh] = [limitOrder(), limitOrder()];
  await exchange.post(standing);
  await exchange.setFaults({ outage: true });
  expect(await (await exchange.post(fresh)).json()).toEqual(problem(503, 'connection_not_available'));
  expect(await (await exchange.post(standing)).json()).toEqual(problem(503, 'out_of_service'));
  expect((await exchange.get(`/orders/${standing.client_order_id}`)).status).toBe(503);
  expect((await exchange.get('/health/ready')).status).toBe(200);
  expect(await exchange.readLedger()).toHaveLength(1);
  await exchange.setFaults({});
  expect(await statusOf(fresh)).toBe(201);
});

it('hang: answers nobody and places nothing', async () => {
  const order = limitOrder();
  await exchange.setFaults({ hang: true });
  const client = new AbortController();
  const calls = [
    exchange.post(order, { signal: client.signal }),
    exchange.get(`/orders/${order.client_order_id}`, { signal: client.signal }),
  ];
  const ends = Promise.allSettled(calls);
  await exchange.metricsShow('exchange_orders_answered_total{outcome="hang"} 1');
  client.abort();
  expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await exchange.setFaults({});
  expect(await exchange.readLedger()).toEqual([]);
  expect(await statusOf(order)).toBe(201);
});

it('hang: lets the server stop, which drops the calls', async () => {
  await exchange.setFaults({ hang: true });
  const answer = exchange.post(limitOrder()).catch((error: Error) => error);
  await exchange.metricsShow('exchange_orders_answered_total{outcome="hang"} 1');
  await exchange.app.close();
  expect(await answer).toBeInstanceOf(TypeError);
});

it('lose_answer_rate: writes the order, then drops the connection', async () => {
  const order = limitOrder();
  await exchange.setFaults({ lose_answer_rate: 1 });
  await expect(exchange.post(order)).rejects.toThrow('fetch failed');
  const found = await exchange.get(`/orders/${order.client_order_id}`);
  expect([found.status, await found.json()]).toMatchObject([200, order]);
  expect(await statusOf(order)).toBe(200);
  expect(await exchange.readLedger()).toHaveLength(1);
});

it('reject: answers 422 with the reason, and the order does not stand', async () => {
  const reason = 'too much of it';
  await exchange.setFaults({ reject: [{ instrument: 'DE0007164600', side: 'sell', quantity_above: 10, reason }] });
  const order = limitOrder({ side: 'sell', quantity: 11 });
  const answer = await exchange.post(order);
  expect([answer.status, await answer.json()]).toEqual([422, { ...problem(422, 'rejected'), detail: reason }]);
  expect((await exchange.get(`/orders/${order.client_order_id}`)).status).toBe(404);
  expect(await statusOf(limitOrder({ side: 'sell', quantity: 10 }))).toBe(201);
  expect(await statusOf(limitOrder({ side: 'buy', quantity: 11 }))).toBe(201);
});

it('latency: a query waits for the order under way instead of denying it', async () => {
  const order = limitOrder();
  const { record } = exchange.ledger;
  const gate = Promise.withResolvers<void>();
  exchange.ledger.record = (recorded) => gate.promise.then(() => record(recorded));
  const placed = exchange.post(order);
  await exchange.metricsShow('exchange_orders_in_flight 1');
  const found = exchange.get(`/orders/${order.client_order_id}`);
  gate.resolve();
  expect((await found).status).toBe(200);
  expect((await placed).status).toBe(201);
});
