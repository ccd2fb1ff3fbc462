// A rebuild may fail in many ways, but never so that readers notice: whatever happens, the live read model is either the
// old one, untouched, or the new one, complete.
import { join } from 'node:path';
import { startProcess } from '@orders/local-system/managed-process';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '@orders/read-model/checkpoint';
import { redisOrderQueries } from '@orders/read-model/redis-order-queries';
import { redisProjection } from '@orders/read-model/redis-projection';
import { orderSubmitted } from '@orders/test-kit/order-events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UnreachableError } from '../src/failures.ts';
import { NotDoneError } from '../src/verify/live-model.ts';
import { startRedis } from './own-redis.ts';
import { CheckpointMovedError, type ReadModelFixture, startReadModelFixture } from './read-model-fixture.ts';

let fixture: ReadModelFixture;
let ids: string[];

beforeEach(async () => {
  fixture = await startReadModelFixture();
  ids = await fixture.place(60);
  await fixture.project();
});
afterEach(() => fixture.stop());

const id = (n: number): string => ids[n] ?? '';
const liveText = async () => (await fixture.redis.get(fixture.keys.checkpoint)) ?? '';
const liveGeneration = async () => decodeCheckpoint(await liveText())?.generation;

async function expectSound(): Promise<void> {
  const { differences } = await fixture.verify();
  expect(differences.listed).toEqual([]);
}

/** The old read model is the live one, as it was, and nothing else is there. */
async function expectUntouched(): Promise<void> {
  expect(await liveGeneration()).toBe('');
  expect(await fixture.generations()).toEqual(new Set(['']));
  expect(await fixture.redis.exists(fixture.keys.buildLease)).toBe(0);
}

describe('a rebuild', () => {
  it('replaces the read model by one that is equal, and leaves nothing of the old one', async () => {
    const before = decodeCheckpoint(await liveText());
    const rebuilt = await fixture.rebuild();
    expect(rebuilt).toMatchObject({ events: 160, orders: 60, switched: true, removed: true });
    const after = decodeCheckpoint(await liveText());
    expect(after).toEqual({ ...before, generation: after?.generation });
    expect(after?.generation).not.toBe('');
    expect(await fixture.generations()).toEqual(new Set([after?.generation]));
    await expectSound();
  });

  it('can be done again and again, and each time the projector goes on', async () => {
    for (let round = 0; round < 3; round += 1) {
      await fixture.rebuild();
      ids.push(...(await fixture.place(10)));
      await fixture.project();
      await expectSound();
    }
    expect((await fixture.generations()).size).toBe(1);
  });

  it('is told in three lines, once the readers of the old read model have had their time', async () => {
    const { code, output, errors } = await fixture.command(['rebuild']);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(
      /^160 events folded in \d+\.\d s \(.* a second\)\n60 orders compared: no difference\nswitched; .* is removed\n$/,
    );
  });

  it('lets readers find every order at every moment', async () => {
    const queries = redisOrderQueries(fixture.redis, fixture.keys);
    const rebuilding = fixture.rebuild({ graceMs: 200 });
    let reads = 0;
    for (let done = false; !done; reads += 1) {
      done = await Promise.race([rebuilding.then(() => true), queries.find(id(reads % 60)).then(() => false)]);
      expect(await queries.find(id(reads % 60))).toMatchObject({ id: id(reads % 60) });
      const { orders } = await queries.list({}, 500, null);
      expect(orders).toHaveLength(60);
    }
    expect(reads).toBeGreaterThan(10);
  });

  it('is not misled by what the projector does meanwhile', async () => {
    const before = decodeCheckpoint(await liveText())?.position?.commit ?? 0n;
    const project = async () => {
      await fixture.append(id(0), orderSubmitted(id(0)));
      await fixture.place(5);
      return (await fixture.project()).position?.commit ?? 0n;
    };
    let projecting: Promise<bigint> | null = null;
    const rebuilt = await fixture.rebuild({
      onCompared: () => {
        // Where the switch was quicker, nothing came to the old read model any more.
        projecting ??= project().catch((error) => {
          if (error instanceof CheckpointMovedError) return before;
          throw error;
        });
      },
      onFolded: () => undefined,
    });
    expect(rebuilt.switched).toBe(true);
    const switchedTo = decodeCheckpoint(await liveText())?.position?.commit;
    // Beyond it, an order would be behind the checkpoint that never had its job.
    expect(switchedTo).toBeLessThanOrEqual((await projecting) ?? 0n);
    await fixture.project();
    await expectSound();
  });
});

describe('a read model that is not what the log says', () => {
  it('is kept, and named in what it differs, until somebody insists', async () => {
    const { redis, keys, command, rebuild } = fixture;
    await redis.zrem(keys.allOrders, id(0));
    await redis.zadd(keys.byStatus('failed'), 1, id(1));
    await redis.set(keys.view('unknown'), '0 {"id":"unknown"}');
    const { code, output } = await command(['rebuild']);
    expect(code).toBe(1);
    expect(output).toContain('3 differences: 1 extra, 1 not indexed, 1 wrongly indexed\n');
    expect(output).toContain(`not indexed ${id(0)}: It does not stand in all.\n`);
    expect(output).toContain('nothing was switched');
    await expectUntouched();
    expect(await rebuild({ force: true })).toMatchObject({ switched: true });
    await expectSound();
    expect((await fixture.generations()).has('')).toBe(false);
  });
});

describe('rebuilds at the same time', () => {
  it('do not get in each other’s way: one is done, the others say why they are not', async () => {
    const ends = await Promise.allSettled([fixture.rebuild({ graceMs: 1_000 }), fixture.rebuild(), fixture.rebuild()]);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    expect(ends.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
    for (const reason of refused) expect(reason).toEqual(new NotDoneError('another rebuild is under way'));
    expect((await fixture.generations()).size).toBe(1);
    await expectSound();
  });
});

describe('a rebuild that comes to nothing', () => {
  it('leaves the old read model as it is when it is killed, and the next one removes what it built', async () => {
    const { store, redisUrl, redis, keys, tag } = fixture;
    const { PATH } = process.env;
    const doomed = startProcess({
      name: 'orders rebuild',
      command: process.execPath,
      args: [
        join(import.meta.dirname, '../src/main.ts'),
        ...['rebuild', '--eventstore', store.url, '--redis', redisUrl],
      ],
      env: { PATH, REDIS_KEY_TAG: tag },
    });
    // It is in its time of grace, at the latest.
    await vi.waitFor(async () => expect((await fixture.generations()).size).toBe(2), { timeout: 30_000, interval: 5 });
    doomed.kill('SIGKILL');
    await doomed.exited;
    await expectSound();
    await redis.pexpire(keys.buildLease, 100);
    expect(await fixture.rebuild()).toMatchObject({ switched: true });
    expect(await fixture.generations()).toEqual(new Set([await liveGeneration()]));
    await expectSound();
  });

  it('is gone without a trace when it is interrupted', async () => {
    const stop = new AbortController();
    const stopped = fixture.rebuild({ signal: stop.signal, onFolded: () => stop.abort('interrupted') });
    await expect(stopped).rejects.toBe('interrupted');
    await expectUntouched();
    const aborted = AbortSignal.abort('interrupted');
    expect(await fixture.command(['rebuild'], { signal: aborted })).toMatchObject({ code: 130, output: '' });
    await expectUntouched();
  });

  it('is gone without a trace when a projector drops the read model meanwhile', async () => {
    const { redis, keys, rebuild } = fixture;
    const projection = redisProjection(redis, keys);
    let cleared: Promise<boolean> | null = null;
    const rebuilding = rebuild({
      onFolded: () => {
        cleared ??= projection.readCheckpoint().then((checkpoint) => projection.clear(checkpoint));
      },
    });
    await expect(rebuilding).rejects.toThrow(NotDoneError);
    expect(await cleared).toBe(true);
    expect(await redis.keys(`${keys.prefix}:*`)).toEqual([]);
  });

  it('says in one line that the event store is gone, and removes what it built', async () => {
    await fixture.place(1_200);
    await fixture.project();
    let stopping: Promise<void> | null = null;
    const rebuilding = fixture.rebuild({
      onFolded: () => {
        stopping ??= fixture.store.stop();
      },
    });
    await expect(rebuilding).rejects.toThrow(/^the event store cannot be reached: /);
    await stopping;
    fixture.store.stop = async () => undefined;
    await expectUntouched();
  });

  it.each<[string, string, (text: string) => string | null]>([
    ['without a read model', 'there is no read model', () => null],
    ['of another event store', 'another event store', (text) => text.replace(/^\["[^"]*"/, '["another"')],
    ['of another version', 'views of version 2', (text) => text.replace(/,3\]$/, ',2]')],
    ['while a projector builds it', 'is building', (text) => text.replace('"live"', '"rebuilding"')],
  ])('is refused %s', async (_what, why, damaged) => {
    const { redis, keys, command } = fixture;
    const text = damaged(await liveText());
    await (text === null ? redis.del(keys.checkpoint) : redis.set(keys.checkpoint, text));
    const { code, output, errors } = await command(['rebuild']);
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toMatch(new RegExp(`^orders: .*${why}.*\n$`));
    expect(await fixture.generations()).toEqual(new Set(['']));
  });

  it('does not go live with views that were lost after the comparison', async () => {
    const { redis, keys } = fixture;
    const lost = encodeCheckpoint({ ...(decodeCheckpoint(await liveText()) as Checkpoint), position: null });
    const rebuilding = fixture.rebuild({ onCompared: () => void redis.set(keys.checkpoint, lost) });
    await expect(rebuilding).rejects.toThrow('fell back to an older state');
    expect(await liveText()).toBe(lost);
    expect(await fixture.generations()).toEqual(new Set(['']));
  });
});

describe('a rebuild on a Redis of its own', () => {
  let own: Awaited<ReturnType<typeof startRedis>>;
  let beside: ReadModelFixture;

  beforeEach(async () => {
    own = await startRedis();
    beside = await startReadModelFixture(own.url);
    await beside.place(300);
    await beside.project();
  });
  afterEach(async () => {
    await beside.stop();
    await own.kill();
  });

  const limitMemory = async (spareBytes: number) => {
    const used = Number(/used_memory:(\d+)/.exec(await beside.redis.info('memory'))?.[1]);
    await beside.redis.config('SET', 'maxmemory', String(used + spareBytes));
  };

  it('ends with one line when Redis goes away', async () => {
    await expect(beside.rebuild({ onFolded: () => void own.kill() })).rejects.toThrow(UnreachableError);
    const { code, errors } = await beside.command(['rebuild']);
    expect(code).toBe(69);
    expect(errors).toMatch(/^orders: Redis cannot be reached: .*\n$/);
  });

  it('is not begun when Redis has no room for a second read model', async () => {
    await limitMemory(200_000);
    const { code, errors } = await beside.command(['rebuild']);
    expect(code).toBe(1);
    expect(errors).toMatch(
      /^orders: a second read model .* would take Redis to about \d+ MB more than its limit .*\n$/,
    );
    expect(await beside.generations()).toEqual(new Set(['']));
  });

  it('makes room again when the memory of Redis runs out meanwhile', async () => {
    let limited: Promise<void> | null = null;
    const rebuilding = beside.rebuild({
      onFolded: () => {
        limited ??= limitMemory(-100_000);
      },
    });
    await expect(rebuilding).rejects.toThrow('Redis has no memory left');
    await limited;
    expect(await beside.generations()).toEqual(new Set(['']));
    expect((await beside.verify()).differences.listed).toEqual([]);
  });
});
