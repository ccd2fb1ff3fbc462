import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonEvent } from '@eventstore/db-client';
import { eventJson } from '@orders/order-store/event-json';
import { viewOfHistory } from '@orders/read-model/order-view';
import {
  orderFailed,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionAttemptFailed,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orders } from './command-line.ts';
import { startOrderLog } from './order-log.ts';

let log: Awaited<ReturnType<typeof startOrderLog>>;
const id = randomUUID();
const other = randomUUID();

beforeAll(async () => {
  log = await startOrderLog();
  const steps = [
    [orderPlaced(id, { type: 'limit', limit_price: '120.50' })],
    [submissionStarted(id), submissionAttemptFailed(id)],
    [submissionStarted(id, 2), orderFailed(id)],
    [redriveRequested(id)],
    [submissionStarted(id, 3), orderSubmitted(id)],
  ];
  for (const events of steps) {
    await log.append(id, ...events);
    // Steps at one and the same millisecond could not be told apart by their time.
    await sleep(3);
  }
  await log.append(other, orderPlaced(other));
});
afterAll(() => log.stop());

const run = (...args: string[]) => orders(args, { env: log.env });
const history = async () => (await log.recorded()).filter(({ orderId }) => orderId === id);
const event = async (index: number) => {
  const recorded = (await history())[index];
  if (recorded === undefined) throw new Error(`no event ${index}`);
  return recorded;
};
const position = async (index: number) => String((await event(index)).position.commit);
const time = async (index: number) => (await event(index)).recordedAt.toISOString();
const parsed = async (...args: string[]) => JSON.parse((await run(...args, '--json')).output);

describe('orders show', () => {
  it('tells what an order is, every step of it, and where its time went', async () => {
    const { code, output } = await run('show', id);
    expect(code).toBe(0);
    expect(output).toContain('status    submitted\nterms     buy 5 DE0007164600 @ 120.50\n');
    expect(output).toContain('attempts  1\nredrives  1\n');
    const types = (await history()).map((recorded) => recorded.event.type);
    const steps = output.split('\n').filter((line) => /^ +\d/.test(line));
    expect(steps.map((line) => /Z +(?:\+\S+ \S+ +)?(\w+)/.exec(line)?.[1])).toEqual(types);
    expect(output).toMatch(/RedriveRequested +by ops: venue is back\n/);
    expect(output).toMatch(/\nwaiting .+ \+ in attempts .+ \+ between attempts .+ = .+\n$/);
  });

  it('prints the same as JSON: the view that consumers see, and the events as the API has them', async () => {
    const recorded = await history();
    expect(await parsed('show', id)).toEqual({
      order: viewOfHistory(recorded),
      waits_ms: expect.objectContaining({ in_all: expect.any(Number) }),
      events_left_out: 0,
      events: recorded.map((one) => JSON.parse(JSON.stringify(eventJson(one)))),
    });
  });

  it.each([
    (text: string) => text.toUpperCase(),
    (text: string) => `order-${text}`,
    (text: string) => `/orders/${text}`,
  ])('takes the id as people copy it: %o', async (form) => expect((await parsed('show', form(id))).order.id).toBe(id));

  it('shows the newest events of a long history only, and says how many there are before them', async () => {
    const { events, events_left_out } = await parsed('show', id, '--limit', '2');
    expect([events.length, events[1].type, events_left_out]).toEqual([2, 'OrderSubmitted', 6]);
    expect((await run('show', id, '--limit', '2')).output).toContain('6 earlier events are left out (--limit)\n');
  });

  it('says of an order that does not exist that it does not, and of what is no id what an id is', async () => {
    const nobody = randomUUID();
    expect(await run('show', nobody)).toEqual({ code: 1, output: '', errors: `orders: there is no order ${nobody}\n` });
    expect(await run('show', 'latest')).toMatchObject({ code: 64, output: '' });
  });

  it('lets nobody write to the terminal through a reason', async () => {
    const hostile = randomUUID();
    const failed = { ...orderFailed(hostile), data: { ...orderFailed(hostile).data, reason: '\u001b[2J\nboo' } };
    await log.append(hostile, orderPlaced(hostile), failed as ReturnType<typeof orderFailed>);
    const { output } = await run('show', hostile);
    expect(output).not.toContain('\u001b');
    expect(output).toContain('refused_by_exchange: [2J boo\n');
  });

  it('tells of events that this version cannot read', async () => {
    const newer = randomUUID();
    await log.append(newer, orderPlaced(newer));
    await log.client.appendToStream(`order-${newer}`, jsonEvent({ type: 'OrderAmended', data: {} }));
    const { code, output, errors } = await run('show', newer);
    expect([code, errors]).toEqual([1, expect.stringContaining('cannot read them: 1 of its events')]);
    expect(output).toContain('OrderPlaced');
  });

  it('says in one line that the event store cannot be reached', async () => {
    const { code, errors } = await run('show', id, '--eventstore', 'esdb://127.0.0.1:1?tls=false');
    expect([code, errors]).toEqual([69, expect.stringMatching(/^orders: the event store cannot be reached: .+\n$/)]);
  });
});

describe('orders at', () => {
  it('is the fold of all events up to the position or the time, that one included', async () => {
    const recorded = await history();
    for (const index of recorded.keys()) {
      const { order, last_event } = await parsed('at', id, '--position', await position(index));
      expect(order).toEqual(viewOfHistory(recorded.slice(0, index + 1)));
      expect(last_event.revision).toBe(String(index));
    }
    for (const index of [0, 2, 4, 5, 7])
      expect((await parsed('at', id, '--time', await time(index))).order.revision).toBe(index);
  });

  it('takes the position of an event of another order', async () => {
    const later = (await log.recorded()).find(({ orderId }) => orderId === other);
    const { order } = await parsed('at', id, '--position', String(later?.position.commit));
    expect(order.revision).toBe(7);
  });

  it('says of an order that came later that it did not exist yet', async () => {
    const { code, output, errors } = await run('at', id, '--time', '2020-01-01');
    expect([code, output, errors]).toEqual([1, '', `orders: order ${id} did not exist yet\n`]);
    expect(await run('at', other, '--position', await position(0))).toMatchObject({ code: 1, output: '' });
  });

  it.each<[string, string[], string]>([
    ['a time to come', ['--time', '2999-01-01'], 'lies in the future'],
    ['a position that no event has', ['--position', '1'], 'no event stands at position 1'],
    ['a position behind the log', ['--position', '99999999'], 'the log ends at'],
    ['no moment', [], '--time or --position is needed'],
    ['two moments', ['--time', '1h', '--position', '1'], 'cannot be used with'],
    ['a day that does not exist', ['--time', '2026-02-31'], 'is invalid'],
  ])('refuses %s', async (_what, args, said) => {
    const { code, output, errors } = await run('at', id, ...args);
    expect([code, output]).toEqual([64, '']);
    expect(errors).toContain(said);
  });
});

describe('orders diff', () => {
  it('lists what changed between two moments, and the events that changed it', async () => {
    const { changes, events } = await parsed('diff', id, await position(2), await time(4));
    expect(changes).toEqual([
      { field: 'status', from: 'placed', to: 'failed' },
      { field: 'failure', from: null, to: { code: 'refused_by_exchange', reason: 'halted' } },
      { field: 'revision', from: 2, to: 4 },
    ]);
    expect(events.map(({ type }: { type: string }) => type)).toEqual(['SubmissionStarted', 'OrderFailed']);
    const { output } = await run('diff', id, await position(2), await position(4));
    expect(output).toMatch(/status +placed +failed\nfailure +- +refused_by_exchange: halted\n/);
  });

  it('says that nothing changed where nothing did', async () =>
    expect(await run('diff', id, await position(7), 'now')).toMatchObject({ code: 0, output: 'nothing changed\n' }));

  it('calls everything new about an order that did not exist at the first moment', async () =>
    expect((await parsed('diff', other, 'start', 'now')).changes).toContainEqual({
      field: 'status',
      from: null,
      to: 'placed',
    }));

  it('says when it existed at neither', async () =>
    expect(await run('diff', id, '2020-01-01', '2020-01-02')).toMatchObject({ code: 1, output: '' }));

  it('refuses moments in the wrong order, of whatever kinds they are', async () => {
    const backwards: [string, string][] = [
      ['now', 'start'],
      ['2020-01-02', '2020-01-01'],
      [await position(4), await position(2)],
      [await position(4), await time(0)],
      [await time(7), await position(2)],
    ];
    for (const [from, to] of backwards)
      expect(await run('diff', id, from, to)).toMatchObject({
        code: 64,
        errors: 'orders: the first moment is later than the second one\n',
      });
  });
});
