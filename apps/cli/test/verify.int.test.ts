// A verification that overlooks something is worse than none: each kind of difference is made here, and found.
import { jsonEvent } from '@eventstore/db-client';
import { decodeView, encodeView, type OrderView } from '@orders/read-model/order-view';
import { orderSubmitted } from '@orders/test-kit/order-events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { orders } from './command-line.ts';
import { type ReadModelFixture, startReadModelFixture } from './read-model-fixture.ts';

let fixture: ReadModelFixture;
let ids: string[];

beforeEach(async () => {
  fixture = await startReadModelFixture();
  ids = await fixture.place(60);
  await fixture.project();
});
afterEach(() => fixture.stop());

/** As the first orders of the fixture are: 0 submitting, 1 submitted, 2 in doubt. */
const id = (n: number): string => ids[n] ?? '';

async function rewrite(orderId: string, over: Partial<OrderView>): Promise<void> {
  const { redis, keys } = fixture;
  const view = decodeView((await redis.get(keys.view(orderId))) ?? '');
  await redis.set(keys.view(orderId), encodeView({ ...view, ...over }));
}

const found = async () => {
  const { differences } = await fixture.verify();
  return differences.listed.map(({ kind, id }) => `${kind} ${id}`).sort();
};

describe('a verification', () => {
  it('finds nothing in a read model that is what the log says, and leaves it as it is', async () => {
    const { redis, keys, command } = fixture;
    const ownKeys = async () => (await redis.keys(`${keys.prefix}:*`)).toSorted();
    const before = await ownKeys();
    expect(before).not.toEqual([]);
    const { code, output } = await command(['verify']);
    expect({ code, output }).toEqual({
      code: 0,
      output: '60 orders, from 160 events: the read model equals the log\n',
    });
    expect(await ownKeys()).toEqual(before);
    expect(await redis.exists(keys.buildLease)).toBe(0);
  });

  it.each<[string, string, (f: ReadModelFixture) => Promise<unknown>]>([
    ['a lost view', 'missing', ({ redis, keys }) => redis.del(keys.view(id(0)))],
    ['a view with other content', 'different', () => rewrite(id(0), { quantity: 6 })],
    ['a view with another revision', 'different', () => rewrite(id(0), { revision: 9 })],
    ['a view that lacks events', 'behind', () => rewrite(id(1), { revision: 0 }).then(() => undefined)],
    ['a view that is none', 'different', ({ redis, keys }) => redis.set(keys.view(id(0)), '1 {')],
    ['no entry among all', 'not indexed', ({ redis, keys }) => redis.zrem(keys.allOrders, id(0))],
    ['no entry of the status', 'not indexed', ({ redis, keys }) => redis.zrem(keys.byStatus('submitting'), id(0))],
    ['no entry of the account', 'not indexed', ({ redis, keys }) => redis.zrem(keys.byAccount('account-0'), id(0))],
    ['no entry of the doubt', 'not indexed', ({ redis, keys }) => redis.zrem(keys.inDoubtSince, id(2))],
    ['another status', 'wrongly indexed', ({ redis, keys }) => redis.zadd(keys.byStatus('failed'), 1, id(0))],
    ['a doubt that is over', 'wrongly indexed', ({ redis, keys }) => redis.zadd(keys.inDoubtSince, 1, id(1))],
    ['another account', 'wrongly indexed', ({ redis, keys }) => redis.zadd(keys.byAccount('account-9'), 1, id(0))],
    [
      'the account of another',
      'wrongly indexed',
      ({ redis, keys }) => redis.zadd(keys.byAccount('account-1'), 1, id(0)),
    ],
    ['no such index', 'wrongly indexed', ({ redis, keys }) => redis.zadd(keys.index('status:lost'), 1, id(0))],
    ['another time', 'wrong time', ({ redis, keys }) => redis.zadd(keys.byInstrument('DE0000000000'), 1, id(0))],
  ])('finds %s', async (_what, kind, damage) => {
    await damage(fixture);
    const listed = await found();
    expect(listed).toHaveLength(1);
    expect(listed[0]?.startsWith(kind)).toBe(true);
  });

  it.each<[string, (f: ReadModelFixture) => Promise<unknown>]>([
    ['a view', ({ redis, keys }) => redis.set(keys.view('unknown'), '0 {"id":"unknown"}')],
    ['an entry among all', ({ redis, keys }) => redis.zadd(keys.allOrders, 1, 'unknown')],
    ['an entry of a status', ({ redis, keys }) => redis.zadd(keys.byStatus('placed'), 1, 'unknown')],
    ['an entry of an instrument', ({ redis, keys }) => redis.zadd(keys.byInstrument('DE0000000000'), 1, 'unknown')],
    ['an entry of the doubts', ({ redis, keys }) => redis.zadd(keys.inDoubtSince, 1, 'unknown')],
  ])('finds what the log knows nothing of: %s', async (_what, damage) => {
    await damage(fixture);
    expect(await found()).toEqual(['extra unknown']);
  });

  it('finds an entry too much that another one, which is missing, makes up for', async () => {
    const { redis, keys } = fixture;
    await redis.zrem(keys.byAccount('account-0'), id(0));
    await redis.zadd(keys.byAccount('account-0'), 1, id(1));
    expect(await found()).toEqual([`not indexed ${id(0)}`, `wrongly indexed ${id(1)}`].sort());
  });

  it('tells what it found, as text and as one document', async () => {
    await rewrite(id(0), { quantity: 6 });
    const { code, output } = await fixture.command(['verify']);
    expect(code).toBe(1);
    expect(output).toBe(
      '60 orders, from 160 events: the read model does not equal the log\n1 difference: 1 different\n' +
        `different ${id(0)}: In its view, quantity is 6 instead of 5.\n`,
    );
    const document = JSON.parse((await fixture.command(['verify', '--json'])).output);
    expect(document).toMatchObject({ orders: 60, events: 160, differences: 1, by_kind: { different: 1 } });
    expect(document.listed).toMatchObject([{ kind: 'different', id: id(0) }]);
  });

  it('passes over events that nobody can read, as the projector does', async () => {
    const teleported = jsonEvent({ type: 'OrderTeleported', data: {} });
    await fixture.client.appendToStream(`order-${id(0)}`, teleported);
    await fixture.append(id(0), orderSubmitted(id(0)));
    await fixture.project();
    expect(await found()).toEqual([]);
  });
});

describe('a verification that cannot be', () => {
  it.each<[string, number, string, (f: ReadModelFixture) => Promise<unknown>]>([
    ['without a read model', 1, 'there is no read model', ({ redis, keys }) => redis.del(keys.checkpoint)],
    [
      'of another store',
      1,
      'belongs to another event store',
      ({ redis, keys }) => redis.set(keys.checkpoint, '["x","live",null,3]'),
    ],
    ['without an event store', 69, 'the event store cannot be reached', ({ store }) => store.stop()],
  ])('ends in one line: %s', async (_what, code, text, damage) => {
    await damage(fixture);
    const ended = await fixture.command(['verify']);
    expect(ended).toMatchObject({ code, output: '' });
    expect(ended.errors).toMatch(new RegExp(`^orders: .*${text}.*\n$`));
    if (code === 69) fixture.store.stop = async () => undefined;
  });

  it('ends in one line without Redis, and with an address that is none', async () => {
    const url = fixture.store.url;
    const away = await orders(['verify', '--eventstore', url, '--redis', 'redis://127.0.0.1:1']);
    expect(away.code).toBe(69);
    expect(away.errors).toMatch(/^orders: Redis cannot be reached: .*ECONNREFUSED.*\n$/);
    const unusable = await orders(['verify', '--eventstore', url, '--redis', 'http://127.0.0.1']);
    expect(unusable.code).toBe(64);
    expect(unusable.errors).toMatch(/^orders: --redis has to be an address .*\n$/);
  });
});
