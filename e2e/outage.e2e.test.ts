// Accepting an order needs the event store alone. With everything else down a 201 is still given, and still kept.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { anOrder, post } from './order-client.ts';
import { prepareSystem, type RunningSystem } from './running-system.ts';
import { expectPlacedOnce, expectSettled } from './settled.ts';

let system: RunningSystem;

beforeAll(async () => {
  system = await prepareSystem();
  await system.start(['event-store', 'api']);
});
afterAll(() => system.stop());

const created = async (n: number, headers: Record<string, string> = {}) => {
  const response = await post(system.urls.api, anOrder(n), headers);
  expect(response.status).toBe(201);
  return { ...((await response.json()) as { id: string; created_at: string }), headers: response.headers };
};

const faults = (body: unknown) =>
  fetch(`${system.urls.exchange}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const openBreakers = async () => {
  const { count, adminPort } = system.settings.workers;
  const ports = Array.from({ length: count }, (_, index) => adminPort + index);
  const figures = await Promise.all(
    ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
  return figures.filter((text) => text.includes('\norders_exchange_breaker_open 1')).length;
};

type StoredEvent = { type: string; data: Record<string, unknown> };

const eventsOf = async (id: string): Promise<StoredEvent[]> => {
  const response = await fetch(`${system.urls.api}/orders/${id}/events`);
  return ((await response.json()) as { events: StoredEvent[] }).events;
};

describe('an order', () => {
  const early: string[] = [];

  it('is accepted, and shown, while Redis, projector, workers and exchange are all down', async () => {
    for (let n = 0; n < 50; n += 1) early.push((await created(n)).id);
    const response = await fetch(`${system.urls.api}/orders/${early[0]}`);
    expect(await response.json()).toMatchObject({ id: early[0], status: 'placed', exchange_order_id: null });
  });

  it('is placed once they come', async () => {
    onTestFailed(() => {
      process.stdout.write(`${system.lines.slice(-100).join('\n')}\n`);
    });
    await system.start(['redis', 'exchange', 'projector', 'worker']);
    await expectSettled(system.urls, early);
    await expectPlacedOnce(system.urls, early);
  });

  it('is stored once, however many twins of a request race', async () => {
    const key = randomUUID();
    const twins = await Promise.all(Array.from({ length: 50 }, () => created(7, { 'idempotency-key': key })));
    const [first] = twins;
    expect(new Set(twins.map(({ id, created_at }) => `${id} ${created_at}`)).size).toBe(1);
    expect(twins.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(49);
    const id = first?.id ?? '';
    await expectSettled(system.urls, [id]);
    await expectPlacedOnce(system.urls, [id]);
    const types = (await eventsOf(id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'OrderPlaced')).toHaveLength(1);
    expect(types.filter((type) => type === 'OrderSubmitted')).toHaveLength(1);
  });

  it('is placed once although the exchange accepts it and the answer is lost', async () => {
    await faults({ lose_answer_rate: 1, failure_rate: 0 });
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) ids.push((await created(n)).id);
    await expectSettled(system.urls, ids);
    await faults({});
    await expectPlacedOnce(system.urls, ids);
    for (const id of ids) {
      const submitted = (await eventsOf(id)).find(({ type }) => type === 'OrderSubmitted');
      expect(submitted?.data.evidence).toBe('query');
    }
  });

  it('fails when a rule of the exchange forbids it, and says why', async () => {
    await faults({ failure_rate: 0, reject: [{ instrument: 'US0378331005', reason: 'trading is halted' }] });
    const { id } = await created(1);
    await expectSettled(system.urls, [id]);
    await faults({});
    const order = await (await fetch(`${system.urls.api}/orders/${id}`)).json();
    expect(order).toMatchObject({
      status: 'failed',
      exchange_order_id: null,
      failure: { code: 'refused_by_exchange', reason: 'trading is halted' },
    });
  });

  it('waits while calls are held back from an exchange that is out of service', async () => {
    await faults({ outage: true });
    const ids: string[] = [];
    for (let n = 0; n < 100; n += 1) ids.push((await created(n)).id);
    await expect.poll(openBreakers, { timeout: 60_000, interval: 200 }).toBeGreaterThan(0);
    await faults({});
    await expectSettled(system.urls, ids);
    await expectPlacedOnce(system.urls, ids);
  });
});
