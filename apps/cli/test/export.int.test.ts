import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BACKWARDS, END, jsonEvent } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { identifyStore, readLogEnd } from '@orders/order-store/store-identity';
import { orderFailed, orderPlaced, redriveRequested, submissionStarted } from '@orders/test-kit/order-events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ExportOptions, exportLog } from '../src/export/export-log.ts';
import { exportFormats } from '../src/export/file-formats.ts';
import { UnreachableError } from '../src/failures.ts';
import { dataFilesIn, type ExportFixture, randomHistory, randomNumbers, startExportFixture } from './export-fixture.ts';
import { startOrders } from './orders-process.ts';

let fixture: ExportFixture;

beforeAll(async () => {
  fixture = await startExportFixture();
});
afterAll(() => fixture.stop());

let folders = 0;
function newFolder() {
  folders += 1;
  return join(fixture.root, `export-${folders}`);
}
let named = 0;
function newId() {
  named += 1;
  return `o-${named}`;
}
const random = randomNumbers(6);
const histories = (count: number) => Array.from({ length: count }, () => randomHistory(newId(), random));

const exportTo = (folder: string, over: Partial<ExportOptions> = {}) =>
  exportLog({
    client: fixture.client,
    folder,
    format: 'parquet',
    until: { kind: 'now' },
    askedUntil: 'now',
    signal: new AbortController().signal,
    eventsPerFile: 37,
    ...over,
  });

async function lastPosition(): Promise<bigint> {
  const read = fixture.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 });
  return (await Array.fromAsync(read))[0]?.event?.position?.commit ?? 0n;
}

const manifestIn = async (folder: string) => JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));

describe.each(exportFormats)('an export to %s', (format) => {
  it('is the same, byte for byte, however many runs led to its cut', async () => {
    const grown = newFolder();
    const old = histories(3).map(([placed]) => placed as OrderEvent);
    for (const placed of old) await fixture.append(placed.data.order_id, placed);
    const cuts: bigint[] = [];
    for (let round = 0; round < 4; round += 1) {
      await fixture.appendTogether(histories(20));
      // One of the first orders moves on, so that a file which was long full has to change.
      const id = old[round % old.length]?.data.order_id ?? '';
      await fixture.append(id, submissionStarted(id), orderFailed(id), redriveRequested(id));
      await exportTo(grown, { format });
      cuts.push(await lastPosition());
    }
    await fixture.append(newId(), orderPlaced('later'));

    const once = newFolder();
    const until = { kind: 'position', commit: cuts.at(-1) ?? 0n } as const;
    await exportTo(once, { format, until });
    const files = await dataFilesIn(once);
    expect(Object.keys(files).length).toBeGreaterThan(8);
    expect(await dataFilesIn(grown)).toEqual(files);
    const [{ events, orders }, other] = [await manifestIn(once), await manifestIn(grown)];
    expect([other.events, other.orders]).toEqual([events, orders]);
  });

  it('goes on behind a run that was stopped, wherever that was, to the same files', async () => {
    await fixture.appendTogether(histories(30));
    const until = { kind: 'position', commit: await lastPosition() } as const;
    const whole = newFolder();
    await exportTo(whole, { format, until });
    const stopped = newFolder();
    let stops = 0;
    for (let done = false; !done; ) {
      const controller = new AbortController();
      // One step further each time: after so many files, then in the middle of the orders.
      let reports = 0;
      const stopLater = () => {
        reports += 1;
        if (reports > stops) controller.abort('interrupted');
      };
      done = await exportTo(stopped, { format, until, signal: controller.signal, onProgress: stopLater }).then(
        () => true,
        (error: unknown) => {
          expect(error).toBe('interrupted');
          return false;
        },
      );
      stops += 1;
    }
    expect(stops).toBeGreaterThan(1);
    expect(await dataFilesIn(stopped)).toEqual(await dataFilesIn(whole));
    expect((await readdir(stopped)).sort()).toEqual(['.lock', 'events', 'manifest.json', 'orders']);
  });
});

it('ends with the same files after it was killed again and again', async () => {
  await fixture.appendTogether(histories(60));
  const until = { kind: 'position', commit: await lastPosition() } as const;
  const [killed, whole] = [newFolder(), newFolder()];
  await exportTo(whole, { until, eventsPerFile: 23 });
  const first = { kind: 'position', commit: BigInt((await manifestIn(whole)).events[0].first_position) } as const;
  await exportTo(killed, { until: first, eventsPerFile: 23 });
  const files = async () => (await readdir(killed, { recursive: true })).length;
  let kills = 0;
  for (let ended = false; !ended; ) {
    const before = await files();
    const args = ['export', '--out', killed, '--until', String(until.commit), '--eventstore', fixture.store.url];
    const run = startOrders(args, {});
    const grown = vi.waitFor(async () => expect(await files()).toBeGreaterThan(before + 4 + 3 * kills), {
      timeout: 30_000,
      interval: 2,
    });
    const killing = grown.then(() => run.child.kill('SIGKILL')).catch(() => undefined);
    const { code, signal } = await run.ended;
    ended = code === 0;
    if (!ended) expect(signal).toBe('SIGKILL');
    if (ended) break;
    await killing;
    kills += 1;
  }
  expect(kills).toBeGreaterThan(0);
  expect(await dataFilesIn(killed)).toEqual(await dataFilesIn(whole));
});

it('puts fewer events into a file where they are large, and the same ones whatever the runs', async () => {
  const other = await startExportFixture();
  try {
    const [grown, whole] = [newFolder(), newFolder()];
    const client = other.client;
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 30; index += 1) {
        const id = `o-${round}-${index}`;
        const reason = 'x'.repeat(400_000);
        const refused = { order_id: id, code: 'refused_by_exchange', reason, attempts: 1, failed_at: 'now' } as const;
        await other.append(id, orderPlaced(id), { type: 'OrderFailed', data: refused });
      }
      await exportTo(grown, { client, eventsPerFile: 1_000 });
    }
    await exportTo(whole, { client, eventsPerFile: 1_000 });
    expect((await manifestIn(whole)).events.map(({ rows }: { rows: number }) => rows)).toEqual([64, 56]);
    expect(await dataFilesIn(grown)).toEqual(await dataFilesIn(whole));
  } finally {
    await other.stop();
  }
});

it('touches no file again that nothing has happened to', async () => {
  const folder = newFolder();
  await exportTo(folder);
  const before = await dataFilesIn(folder);
  await fixture.appendTogether(histories(5));
  const { newEvents } = await exportTo(folder);
  const after = await dataFilesIn(folder);
  const kept = Object.keys(before).filter((path) => path in after);
  expect(newEvents).toBeGreaterThan(0);
  // Both tables had an open end.
  expect(Object.keys(before).length - kept.length).toBeLessThanOrEqual(2);
  expect(kept.length).toBeGreaterThan(10);
});

it('counts what it cannot read, says so, and ends with 1', async () => {
  const id = newId();
  await fixture.append(id, orderPlaced(id));
  await fixture.client.appendToStream(`order-${id}`, [
    jsonEvent({ type: 'OrderTeleported', data: {} }),
    jsonEvent({ type: 'OrderPlaced', data: [] }),
  ]);
  const folder = newFolder();
  const { code, errors } = await fixture.run('export', '--out', folder);
  expect([code, errors]).toEqual([1, 'orders: 2 events in order streams cannot be read, and are not in there\n']);
  expect((await manifestIn(folder)).counts.unreadable).toBe(2);
  const again = await fixture.run('export', '--out', folder);
  expect([again.code, again.output]).toMatchObject([1, expect.stringContaining('nothing new')]);
});

it('takes values that no column was made for as NULL, and keeps them in data', async () => {
  const id = newId();
  const odd = { ...orderPlaced(id).data, quantity: 1.5, limit_price: 12.3, placed_at: 'soon', side: 7 };
  await fixture.client.appendToStream(`order-${id}`, jsonEvent({ type: 'OrderPlaced', data: odd }));
  const columns = 'quantity, limit_price, occurred_at, side, data';
  const found = await fixture.run(
    'query',
    '--no-export',
    '--json',
    `SELECT ${columns} FROM events WHERE order_id = '${id}'`,
  );
  const { data, ...others } = JSON.parse(found.output);
  expect(others).toEqual({ quantity: null, limit_price: null, occurred_at: null, side: null });
  expect(JSON.parse(data)).toEqual(odd);
});

describe('a folder that cannot be gone on with is refused in one line, and left as it is:', () => {
  const refusals: [string, (folder: string) => Promise<unknown>, RegExp][] = [
    ['a file that is missing', async (folder) => rm(join(folder, await someFile(folder, 'events'))), /is missing/],
    [
      'a file of another size',
      async (folder) => appendFile(join(folder, await someFile(folder, 'orders')), 'x'),
      /bytes instead of/,
    ],
    [
      'a file of the same size with other bytes, where the run builds on it',
      async (folder) => {
        const file = join(folder, await someFile(folder, 'events'));
        const bytes = await readFile(file);
        bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
        await writeFile(file, bytes);
        const manifest = await manifestIn(folder);
        const unfolded = { ...manifest, complete: false, orders_cut: null };
        await writeFile(join(folder, 'manifest.json'), JSON.stringify(unfolded));
      },
      /not what was written \(SHA-256\)/,
    ],
    [
      'a foreign manifest',
      (folder) => writeFile(join(folder, 'manifest.json'), '{"kind":"parcel"}'),
      /not the manifest/,
    ],
    ['a manifest that was cut off', (folder) => writeFile(join(folder, 'manifest.json'), '{"kind":"ord'), /damaged/],
    [
      'a manifest that names files elsewhere',
      async (folder) => {
        const text = await readFile(join(folder, 'manifest.json'), 'utf8');
        await writeFile(join(folder, 'manifest.json'), text.replace('"events/', '"events/../../'));
      },
      /damaged/,
    ],
    [
      'a later version',
      async (folder) => writeFile(join(folder, 'manifest.json'), '{"kind":"orders-export","format_version":2}'),
      /later version/,
    ],
    [
      'an export of another store, by its name',
      async (folder) => {
        await identifyStore(fixture.client);
        const named = { ...(await manifestIn(folder)), store_id: 'another' };
        await writeFile(join(folder, 'manifest.json'), JSON.stringify(named));
      },
      /another event store/,
    ],
    [
      'an export of a store that was wiped, by its last event',
      async (folder) => {
        const manifest = await manifestIn(folder);
        manifest.events.at(-1).last_event_id = 'e-1';
        await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
      },
      /another event store/,
    ],
    [
      'files of others without an export',
      (folder) => rm(join(folder, 'manifest.json')).then(() => writeFile(join(folder, 'letter.txt'), 'dear')),
      /no export: name an empty folder/,
    ],
  ];

  const someFile = async (folder: string, table: string): Promise<string> => (await manifestIn(folder))[table][0].path;

  it.each(refusals)('%s', async (_what, damage, message) => {
    const folder = newFolder();
    await exportTo(folder, { eventsPerFile: 500 });
    await damage(folder);
    const before = await dataFilesIn(folder);
    const { code, output, errors } = await fixture.run('export', '--out', folder);
    expect([code, output]).toEqual([64, '']);
    expect(errors).toMatch(/^orders: [^\n]+\n$/);
    expect(errors).toMatch(message);
    expect(await dataFilesIn(folder)).toEqual(before);
  });

  it('another format', async () => {
    const folder = newFolder();
    await exportTo(folder);
    const { code, errors } = await fixture.run('export', '--to', 'csv', '--out', folder);
    expect([code, errors]).toEqual([64, `orders: ${folder} holds an export to parquet: name another folder for csv\n`]);
  });

  it('a cut before the one that it has', async () => {
    const folder = newFolder();
    const before = String(await lastPosition());
    await fixture.append(newId(), orderPlaced('x'));
    await exportTo(folder);
    const { code, errors } = await fixture.run('export', '--out', folder, '--until', before);
    expect([code, errors]).toMatchObject([64, expect.stringContaining(`beyond position ${before}`)]);
  });

  it('one that another export is writing to', async () => {
    const folder = newFolder();
    let during: Promise<{ code: number; errors: string }> | null = null;
    const exporting = exportTo(folder, {
      onProgress: () => {
        during ??= fixture.run('export', '--out', folder);
      },
    });
    await exporting;
    expect(await during).toMatchObject({ code: 64, errors: expect.stringContaining('in use by another export') });
  });

  it('a file in place of the folder', async () => {
    const name = newFolder();
    await writeFile(name, '');
    expect(await fixture.run('export', '--out', name)).toMatchObject({
      code: 64,
      errors: expect.stringMatching(/^orders: .* cannot be written to: [^\n]+\n$/),
    });
  });
});

it('takes an export of one store for none of another that has no name either', async () => {
  const folder = newFolder();
  await exportTo(folder);
  const other = await startExportFixture();
  try {
    await other.appendTogether(histories(3));
    const { code, errors } = await other.run('export', '--out', folder);
    expect([code, errors]).toMatchObject([64, expect.stringContaining('another event store')]);
  } finally {
    await other.stop();
  }
});

it('keeps what it has when the event store goes away in the middle', async () => {
  const eventsPerFile = 400;
  const other = await startExportFixture();
  const folder = newFolder();
  const many = Array.from({ length: 3_000 }, () => submissionStarted('o-1'));
  await other.append('o-1', orderPlaced('o-1'));
  // Many more than can be on their way already when the event store begins to go away, which takes a container a second.
  for (let batch = 0; batch < 20; batch += 1) await other.append('o-1', ...many);
  let gone: Promise<void> | null = null;
  const onProgress = (_stage: string, done: number) => {
    if (done > 3 * eventsPerFile) gone ??= other.stop();
  };
  const exporting = exportLog({
    client: other.client,
    folder,
    format: 'parquet',
    until: { kind: 'now' },
    askedUntil: 'now',
    signal: new AbortController().signal,
    eventsPerFile,
    onProgress,
  });
  await expect(exporting).rejects.toThrow(UnreachableError);
  await gone;
  const manifest = await manifestIn(folder);
  expect(manifest).toMatchObject({ complete: false, orders_cut: null });
  expect(manifest.events.length).toBeGreaterThan(1);
  expect(Object.keys(await dataFilesIn(folder))).toEqual(manifest.events.map(({ path }: { path: string }) => path));
});

it('exports an empty log as no files, and goes on once there is something', async () => {
  const other = await startExportFixture();
  try {
    const folder = newFolder();
    // A server may have written something of its own.
    const end = await readLogEnd(other.client);
    const extent = end === null ? 'of an empty log' : `up to position ${end.commit}`;
    expect(await other.run('export', '--out', folder)).toMatchObject({
      code: 0,
      output: `0 events and 0 orders ${extent} in ${folder} (parquet), nothing new\n`,
    });
    await other.append('o-1', orderPlaced('o-1'));
    expect((await other.run('export', '--out', folder)).output).toMatch(/^1 events and 1 orders up to position \d+ /);
    await mkdir(join(folder, 'mine'));
    expect((await other.run('export', '--out', folder)).code).toBe(0);
    expect(await readdir(folder)).toContain('mine');
  } finally {
    await other.stop();
  }
});
