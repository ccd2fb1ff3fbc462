// Shards: a gateway that grew beyond one Redis. The number of shards changes while orders are open, one of two Redis
// servers stands still, and every promise is kept, for the orders of the other one without a delay.
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '@orders/local-system/free-port';
import { shardOf } from '@orders/order-store/order-shard';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { getOrder, postOrders, unsettled } from './order-client.ts';
import { prepareSystem, type RunningSystem } from './running-system.ts';
import { expectPlacedOnce, expectSettled } from './settled.ts';

const root = resolve(import.meta.dirname, '..');
const shards = 4;
const served: Record<string, string> = { 'projector-1': '0,1', 'projector-2': '2,3' };

let isSharded = false;
let system: RunningSystem;
let elsewhere: RunningSystem;
const posted: string[] = [];

/** Of the shards on the second Redis are those with odd numbers. */
const isElsewhere = (id: string) => shardOf(id, shards) % 2 === 1;
const addresses = () => `${system.urls.redis} ${elsewhere.urls.redis}`;

function extraEnv(name: string): Record<string, string> {
  if (!isSharded || ['redis', 'event-store', 'exchange'].includes(name)) return {};
  const own = served[name];
  return { SHARDS: String(shards), REDIS_URL: addresses(), ...(own && { SHARDS_SERVED: own }) };
}

beforeAll(async () => {
  elsewhere = await prepareSystem();
  await elsewhere.start(['redis']);
  system = await prepareSystem({}, { extraEnv });
  const [adminPort] = await freePorts(2);
  system.settings.projectors = { count: 2, adminPort };
  await system.start(['redis', 'event-store', 'exchange', 'projector', 'api']);
});
afterAll(async () => {
  await system.stop();
  await elsewhere.stop();
});

async function post(count: number): Promise<string[]> {
  const ids = await postOrders({ api: system.urls.api, count, clients: 10 });
  posted.push(...ids);
  return ids;
}

async function orders(argv: string[], settings: Record<string, string> = {}): Promise<string> {
  onTestFailed(() => void process.stdout.write(`${system.lines.slice(-100).join('\n')}\n`));
  const main = join(root, 'apps/cli/src/main.ts');
  const env = {
    PATH: process.env.PATH,
    SHARDS: String(shards),
    REDIS_URL: addresses(),
    EVENTSTORE_URL: system.urls.eventStore,
    ...settings,
  };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, ...argv],
    { env },
  );
  return stdout;
}

const listed = async () => {
  const orders: { id: string; created_at: string }[] = [];
  for (let next: string | null = '/orders?limit=37'; next !== null; ) {
    const response = await fetch(`${system.urls.api}${next}`);
    const page = (await response.json()) as { orders: typeof orders; next_cursor: string | null };
    orders.push(...page.orders);
    next = page.next_cursor === null ? null : `/orders?limit=37&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
  return orders;
};

describe('orders', () => {
  it('that were open when the number of shards changed are placed once, each by its shard', async () => {
    await post(80);
    isSharded = true;
    for (const name of ['projector-1', 'projector-2', 'api-1']) system.kill(name);
    await system.start(['worker']);
    const redis = new Redis(elsewhere.urls.redis);
    await expect.poll(() => redis.keys('{orders/*}:checkpoint:*'), { timeout: 60_000 }).toHaveLength(shards / 2);
    redis.disconnect();
    await expectSettled(system.urls, posted);
    await expectPlacedOnce(system.urls, posted);
  });

  it('are found and listed wherever they stand, the newest first', async () => {
    await post(40);
    await expectSettled(system.urls, posted);
    const ids = async () => (await listed()).map(({ id }) => id).toSorted();
    await expect.poll(ids, { timeout: 30_000 }).toEqual(posted.toSorted());
    const times = (await listed()).map(({ created_at }) => created_at);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it('are accepted, and go on to the exchange, while the Redis of other shards stands still', async () => {
    elsewhere.kill('redis', 'SIGSTOP');
    const ids = await post(60);
    const here = ids.filter((id) => !isElsewhere(id));
    const there = ids.filter(isElsewhere);
    expect(here.length).toBeGreaterThan(0);
    expect(there.length).toBeGreaterThan(0);
    await expectSettled(system.urls, here);
    expect(await unsettled(system.urls.api, there)).toEqual(there);
    const found = await Promise.all(there.map((id) => getOrder(system.urls.api, id)));
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['placed']));
    // A list that left out a part of them would be a lie.
    expect((await fetch(`${system.urls.api}/orders`)).status).toBe(503);
    elsewhere.kill('redis', 'SIGCONT');
    await expectSettled(system.urls, there);
    await expectPlacedOnce(system.urls, ids);
  });
});

describe('the figures', () => {
  it('tell of every process how many shards it knows, and which it serves', async () => {
    const { adminHost, projectors, workers } = system.settings;
    const figures = async (base: string) => {
      const lines = (await (await fetch(`${base}/metrics`)).text()).split('\n');
      return lines.filter((line) => /^orders_shard/.test(line)).toSorted();
    };
    const ofServing = (...indexes: number[]) => [
      ...indexes.map((index) => `orders_shard_served{shard="${index}"} 1`),
      `orders_shards ${shards}`,
    ];
    const at = (port: number) => `http://${adminHost}:${port}`;
    expect(await figures(at(projectors.adminPort))).toEqual(ofServing(0, 1));
    expect(await figures(at(projectors.adminPort + 1))).toEqual(ofServing(2, 3));
    expect(await figures(at(workers.adminPort))).toEqual(ofServing(0, 1, 2, 3));
    expect(await figures(system.urls.api)).toEqual(ofServing(0, 1, 2, 3));
  });
});

describe('a read model in shards', () => {
  it('is verified as a whole, and built again in part', async () => {
    const lines = (await orders(['verify'])).trimEnd().split('\n');
    expect(lines).toHaveLength(shards);
    const counts = lines.map((line, index) => {
      const [, count] =
        /^shard (\d of 4: \d+) orders?, from \d+ events: the read model equals the log$/.exec(line) ?? [];
      expect(count, line).toMatch(new RegExp(`^${index} of`));
      return Number(count?.split(': ')[1]);
    });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(posted.length);
    const rebuilt = await orders(['rebuild'], { SHARDS_SERVED: '2' });
    expect(rebuilt).toMatch(/^shard 2 of 4:\n.*\n\d+ orders? compared: no difference\nswitched; /);
    expect(JSON.parse(await orders(['verify', '--json']))).toMatchObject({
      differences: 0,
      shards: { length: shards },
    });
  });

  it('is found out when it holds an order of another shard', async () => {
    const [misplaced] = posted.filter((id) => shardOf(id, shards) === 0);
    const [here, there] = [new Redis(system.urls.redis), new Redis(elsewhere.urls.redis)];
    const [key] = await here.keys(`{orders/0-of-4}:*order:${misplaced}`);
    const generation = /^\{orders\/1-of-4\}:(g:\w+:)?all$/;
    const [all] = (await there.keys('{orders/1-of-4}:*')).flatMap((name) => generation.exec(name)?.slice(1) ?? []);
    await there.set(`{orders/1-of-4}:${all ?? ''}order:${misplaced}`, (await here.get(key ?? '')) ?? '');
    here.disconnect();
    there.disconnect();
    await expect(orders(['verify'])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(new RegExp(`1 difference: 1 extra\nextra ${misplaced}: `)),
    });
  });
});
