import { freePort } from '@orders/local-system/free-port';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ApiDouble,
  type DoubleOrder,
  failedWith,
  noConnection,
  refused,
  startApiDouble,
  submitted,
} from './api-double.ts';
import { orders } from './command-line.ts';

let api: ApiDouble;

beforeEach(async () => {
  api = await startApiDouble();
});
afterEach(() => api.stop());

const who = ['--by', 'anna', '--reason', 'venue is back'];
const redrive = (...args: string[]) => orders(['redrive', '--api', api.url, ...args]);

/** Newest first: `o-1` is the oldest. */
const failedOrders = (count: number, becomes: (number: number) => DoubleOrder['becomes']): DoubleOrder[] =>
  Array.from({ length: count }, (_, index) => ({ id: `o-${count - index}`, becomes: becomes(count - index) }));
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `o-${from + index}`);

describe('orders redrive, of one order', () => {
  it('says who and why, and waits for the end that comes after the redrive', async () => {
    api.has({ id: 'o-1', becomes: submitted });
    const { code, output } = await redrive('o-1', ...who);
    expect(api.redrives).toEqual([{ id: 'o-1', body: { by: 'anna', reason: 'venue is back' } }]);
    expect(output).toContain('step 1: 1 redriven, 1 submitted\n');
    expect(output).toMatch(/\n1 redriven, 1 submitted, 0 skipped, 0 left as they were\n$/);
    expect(code).toBe(0);
  });

  it('says that it ended as before', async () => {
    api.has({ id: 'o-1', becomes: failedWith(noConnection) });
    const { code, output } = await redrive('o-1', ...who);
    expect(code).toBe(1);
    expect(output).toContain('stopped: o-1 ended as before: attempts_exhausted: Connection not available.\n');
  });

  it('skips one that is not to be redriven, and says so', async () => {
    api.has({ id: 'o-1', status: 'submitted', failure: null });
    const { code, output } = await redrive('o-1', ...who);
    expect(code).toBe(1);
    expect(output).toContain('skipped o-1: order_not_redrivable: about order_not_redrivable\n');
  });

  it('finds none that is not there', async () =>
    expect(await redrive('o-1', ...who)).toMatchObject({ code: 1, output: '0 orders\n' }));

  it('does not wait for ever', async () => {
    api.has({ id: 'o-1' });
    const { code, output } = await redrive('o-1', ...who, '--wait', '0.3');
    expect(code).toBe(1);
    expect(output).toContain('step 1: 1 redriven, 1 still open\nstopped: still open after 0.3 s: o-1\n');
  });
});

describe('orders redrive, of many', () => {
  it('sends 1, then 10, then 100 at a time, the oldest first, each step after the one before has ended', async () => {
    api.has(...failedOrders(115, () => submitted));
    const { code, output } = await redrive('--status', 'failed', ...who);
    expect(output.match(/^step .*$/gm)).toEqual([
      'step 1: 1 redriven, 1 submitted',
      'step 2: 10 redriven, 10 submitted',
      'step 3: 100 redriven, 100 submitted',
      'step 4: 4 redriven, 4 submitted',
    ]);
    expect(api.redriven()[0]).toBe('o-1');
    expect(api.redriven().slice(1, 11).sort()).toEqual(ids(2, 11).sort());
    expect(new Set(api.redriven())).toEqual(new Set(ids(1, 115)));
    expect(api.redriven()).toHaveLength(115);
    expect([0, 1, 11, 111].map((first) => api.openBefore[first])).toEqual([0, 0, 0, 0]);
    expect(code).toBe(0);
  });

  it('stops at the first step in which an order fails as it did before', async () => {
    api.has(...failedOrders(30, (number) => (number === 5 ? failedWith(noConnection) : submitted)));
    const { code, output } = await redrive('--status', 'failed', ...who);
    expect(new Set(api.redriven())).toEqual(new Set(ids(1, 11)));
    expect(output).toContain('step 2: 10 redriven');
    expect(output).toContain('stopped: o-5 ended as before: attempts_exhausted: Connection not available.\n');
    expect(output).toMatch(/\n11 redriven, 10 submitted, 0 skipped, 19 left as they were\n$/);
    expect(code).toBe(1);
  });

  it('goes on when an order fails for another reason than before, and says so at the end', async () => {
    api.has(...failedOrders(12, (number) => (number === 1 ? failedWith(refused) : submitted)));
    const { code, output } = await redrive('--status', 'failed', ...who);
    expect(output).toContain('step 1: 1 redriven, 1 failed\n');
    expect(api.redriven()).toHaveLength(12);
    expect(code).toBe(1);
  });

  it('stops at a step that does not come to its end', async () => {
    api.has(...failedOrders(20, (number) => (number === 3 ? undefined : submitted)));
    const { code, output } = await redrive('--status', 'failed', ...who, '--wait', '3');
    expect(output).toMatch(/^step 2: 10 redriven, .*still open\nstopped: still open after 3 s: .*\bo-3\b.*$/m);
    expect(api.redriven()).toHaveLength(11);
    expect(code).toBe(1);
  });

  it('leaves out an order that somebody else has redriven meanwhile', async () => {
    api.has(...failedOrders(3, () => submitted));
    api.refuses(409, 'order_not_redrivable');
    const { code, output } = await redrive('--status', 'failed', ...who);
    expect(output.match(/^skipped o-\d: order_not_redrivable/gm)).toHaveLength(3);
    expect(output).toMatch(/\n0 redriven, 0 submitted, 3 skipped, 0 left as they were\n$/);
    expect(code).toBe(1);
  });

  it('counts what would be redriven by reason, and sends nothing, in a dry run', async () => {
    api.has({ id: 'o-3', failure: refused }, { id: 'o-2' }, { id: 'o-1' });
    const { code, output } = await redrive('--status', 'failed', '--dry-run');
    expect(output).toBe(
      [
        '3 orders',
        '       2  attempts_exhausted: Connection not available',
        '       1  refused_by_exchange: unknown instrument',
        'ID   FAILURE',
        'o-1  attempts_exhausted: Connection not available',
        'o-2  attempts_exhausted: Connection not available',
        'o-3  refused_by_exchange: unknown instrument',
        '',
      ].join('\n'),
    );
    expect({ code, redrives: api.redrives }).toEqual({ code: 0, redrives: [] });
  });

  it('filters by code and reason itself, and takes the oldest up to the limit', async () => {
    api.has(
      { id: 'o-5', failure: refused },
      { id: 'o-4' },
      { id: 'o-3' },
      { id: 'o-2' },
      { id: 'o-1', failure: refused },
    );
    const filter = ['--status', 'failed', '--code', 'attempts_exhausted', '--reason-contains', 'not avail'];
    const { output } = await redrive(...filter, '--limit', '2', '--dry-run');
    expect(output.match(/^o-\d/gm)).toEqual(['o-2', 'o-3']);
  });

  it('asks the API for the rest of the filters, page by page', async () => {
    api.has(...failedOrders(20, () => submitted));
    const terms = ['--instrument', 'DE0007164600', '--side', 'sell', '--account', 'a', '--placed-from', 't1'];
    const statuses = ['--status', 'failed', '--status', 'in_doubt'];
    expect((await redrive(...statuses, ...terms, '--placed-to', 't2', '--dry-run')).output).toContain('20 orders\n');
    expect(api.lists).toHaveLength(3);
    expect(api.lists[0]?.getAll('status')).toEqual(['failed', 'in_doubt']);
    expect(Object.fromEntries(api.lists[1] ?? [])).toMatchObject({
      ...{ instrument: 'DE0007164600', side: 'sell', account: 'a', placed_from: 't1', placed_to: 't2' },
      ...{ limit: '500', cursor: '7' },
    });
  });

  it('has nothing to object to when there is nothing to redrive', async () =>
    expect(await redrive('--status', 'failed', ...who)).toMatchObject({ code: 0, output: '0 orders\n' }));
});

describe('orders redrive, when it cannot', () => {
  it.each([
    [who],
    [['o-1', '--by', 'anna']],
    [['o-1', '--reason', 'why']],
    [['o-1', '--status', 'failed', ...who]],
    [['--status', 'submitted', ...who]],
    [['--status', 'failed', '--limit', '0', ...who]],
    [['--status', 'failed', '--wait', 'long', ...who]],
    [['--status', 'failed', '--side', 'both', ...who]],
  ])('does not guess what is meant by %j', async (args) => {
    api.has({ id: 'o-1', becomes: submitted });
    const { code, errors } = await redrive(...args);
    expect({ code, redrives: api.redrives }).toEqual({ code: 64, redrives: [] });
    expect(errors).not.toBe('');
  });

  it('says in one line that the API is down', async () => {
    const { code, errors } = await orders(['redrive', 'o-1', ...who, '--api', `http://127.0.0.1:${await freePort()}`]);
    expect(code).toBe(69);
    expect(errors).toMatch(/^orders: the API at \S+ cannot be reached: fetch failed \(connect ECONNREFUSED .*\n$/);
  });

  it('stops when the API cannot take it, and says how far it came', async () => {
    api.has(...failedOrders(3, () => submitted));
    api.refuses(503, 'event_store_unavailable');
    const { code, output, errors } = await redrive('--status', 'failed', ...who);
    expect(code).toBe(69);
    expect(output).toMatch(/\n0 redriven, 0 submitted, 0 skipped, 3 left as they were\n$/);
    expect(errors).toMatch(/^orders: .*503 to POST \/orders\/o-1\/redrive, event_store_unavailable: .*\n$/);
  });

  it('passes on why the API refuses who and why', async () => {
    api.has({ id: 'o-1', becomes: submitted });
    api.refuses(422, 'validation_failed');
    expect(await redrive('o-1', ...who)).toMatchObject({
      code: 64,
      errors: expect.stringContaining('validation_failed'),
    });
  });
});

describe('orders in-doubt', () => {
  const inDoubt = { status: 'in_doubt', failure: { code: 'in_doubt', reason: 'no\n\u001b[31manswer' } } as const;

  it('lists the oldest doubt first, fit for a terminal', async () => {
    api.has({ id: 'young', ...inDoubt, in_doubt_since: '2026-01-31T09:00:00.000Z' });
    api.has({ id: 'old', ...inDoubt, in_doubt_since: '2026-01-31T08:30:00.000Z' }, { id: 'failed' });
    const { code, output } = await orders(['in-doubt', '--api', api.url]);
    const [titles, first, second, ...rest] = output.split('\n');
    expect(titles).toMatch(/^ID +SINCE +ATTEMPTS +INSTRUMENT +SIDE +QUANTITY +REASON$/);
    expect(first).toMatch(/^old +2026-01-31T08:30:00.000Z \(\d+ \w+\) +3 +DE0007164600 +buy +5 +no \[31manswer$/);
    expect(second).toMatch(/^young /);
    expect({ code, rest }).toEqual({ code: 0, rest: [''] });
  });

  it('says that there are none', async () =>
    expect(await orders(['in-doubt'], { env: { ORDERS_API: api.url } })).toMatchObject({
      code: 0,
      output: 'no order is in doubt\n',
    }));

  it('tells programs all that the API tells', async () => {
    api.has(...Array.from({ length: 9 }, (_, index) => ({ id: `d-${index}`, ...inDoubt })));
    const { output } = await orders(['in-doubt', '--json', '--api', api.url]);
    const { orders: told } = JSON.parse(output);
    expect(told).toHaveLength(9);
    expect(told[0]).toMatchObject({ ...inDoubt, instrument: 'DE0007164600', revision: 4 });
  });
});
