// The given placeOrder() in the worker's own process, which can neither be asked nor told twice, and a worker that dies
// between the call and the record of its outcome: the two policies, and the way out for an operator.
import { runOrders } from '@orders/cli/run-orders';
import { afterEach, describe, expect, it, onTestFailed } from 'vitest';
import { anOrder, getOrder, post } from './order-client.ts';
import { allGroups, prepareSystem, type RunningSystem } from './running-system.ts';

let system: RunningSystem;
afterEach(() => system.stop());

const patiently = { timeout: 60_000, interval: 200 };

/** A system whose one worker dies after its first call; resolves to the order of that call. */
async function orderWhoseWorkerDied(policy: 'retry' | 'park'): Promise<string> {
  let starts = 0;
  system = await prepareSystem(
    { EXCHANGE_UNKNOWN_POLICY: policy, SWEEP_IN_DOUBT_INTERVAL_MS: '1000' },
    {
      workers: 1,
      extraEnv: (name) => {
        if (name !== 'worker-1') return {};
        starts += 1;
        const bare = { EXCHANGE_URL: 'in-process' };
        return starts === 1 ? { ...bare, CRASH_AT: 'worker.place:after' } : bare;
      },
    },
  );
  onTestFailed(() => {
    process.stdout.write(`${system.lines.slice(-100).join('\n')}\n`);
  });
  await system.start(allGroups.filter((group) => group !== 'exchange'));
  const response = await post(system.urls.api, anOrder(1));
  expect(response.status).toBe(201);
  const { id } = (await response.json()) as { id: string };
  const died = () => system.lines.some((line) => line.includes('crash point worker.place:after reached'));
  await expect.poll(died, patiently).toBe(true);
  return id;
}

const statusOf = async (id: string) =>
  (await getOrder(system.urls.api, id).catch(() => ({ status: 'unknown' }))).status;

async function eventsOf(id: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const response = await fetch(`${system.urls.api}/orders/${id}/events`);
  return ((await response.json()) as { events: { type: string; data: Record<string, unknown> }[] }).events;
}

async function figure(name: string): Promise<number> {
  const { adminPort } = system.settings.projectors;
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** The command `orders`, with what it printed and its exit code. */
async function orders(...argv: string[]) {
  let output = '';
  const write = (text: string) => {
    output += text;
  };
  const noInput = () => {
    throw new Error('nothing is to be read');
  };
  const args = [...argv, '--api', system.urls.api];
  const code = await runOrders({
    argv: args,
    env: {},
    write,
    writeError: write,
    drained: async () => undefined,
    blockBytes: 65_536,
    columns: { output: null, errors: null },
    paint: (_format, text) => text,
    readInput: noInput,
    stopping: () => new AbortController().signal,
  });
  return { code, output };
}

const redrive = (id: string, body: object) =>
  fetch(`${system.urls.api}/orders/${id}/redrive`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('an order whose call may or may not have placed it', () => {
  it('is in doubt for all to see under the policy `park`, until an operator sends it round again', async () => {
    const id = await orderWhoseWorkerDied('park');
    await expect.poll(() => statusOf(id), patiently).toBe('in_doubt');
    const order = (await (await fetch(`${system.urls.api}/orders/${id}`)).json()) as { in_doubt_since: string };
    expect(order).toMatchObject({ attempts: 1, exchange_order_id: null, failure: { code: 'in_doubt' } });
    expect(Date.parse(order.in_doubt_since)).toBeGreaterThan(0);
    await expect.poll(() => figure('orders_current{shard="0",status="in_doubt"}'), patiently).toBe(1);
    await expect.poll(() => figure('orders_in_doubt_seconds{shard="0"}'), patiently).toBeGreaterThan(1);

    const listed = await orders('in-doubt', '--json');
    expect(JSON.parse(listed.output)).toMatchObject({ orders: [{ id, in_doubt_since: order.in_doubt_since }] });

    const why = 'not in the drop copy of the exchange';
    const driven = await orders('redrive', id, '--by', 'e2e', '--reason', why);
    expect(driven).toMatchObject({ code: 0, output: expect.stringContaining('1 redriven, 1 submitted') });
    expect((await redrive(id, { by: 'e2e', reason: 'again' })).status).toBe(409);
    expect(await statusOf(id)).toBe('submitted');
    expect((await orders('in-doubt')).output).toBe('no order is in doubt\n');
    const events = await eventsOf(id);
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 4)).toEqual(['OrderPlaced', 'SubmissionStarted', 'OrderInDoubt', 'RedriveRequested']);
    expect(types.filter((type) => type === 'OrderSubmitted')).toHaveLength(1);
    expect(events[3]?.data).toMatchObject({ by: 'e2e', reason: 'not in the drop copy of the exchange' });
    await expect.poll(() => figure('orders_in_doubt_seconds{shard="0"}'), patiently).toBe(0);
  });

  it('is called again under the policy `retry`, which takes the risk of a second order', async () => {
    const id = await orderWhoseWorkerDied('retry');
    await expect.poll(() => statusOf(id), patiently).toBe('submitted');
    const types = (await eventsOf(id)).map(({ type }) => type);
    expect(types.slice(0, 3)).toEqual(['OrderPlaced', 'SubmissionStarted', 'SubmissionStarted']);
    expect(types.at(-1)).toBe('OrderSubmitted');
    expect(types).not.toContain('OrderInDoubt');
  });
});
