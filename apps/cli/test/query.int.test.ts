import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { OrderEvent } from '@orders/domain/order-types';
import { viewOfHistory } from '@orders/read-model/order-view';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportLog } from '../src/export/export-log.ts';
import { exportFormats } from '../src/export/file-formats.ts';
import { resultLines } from '../src/query/result-lines.ts';
import { orders } from './command-line.ts';
import { dataFilesIn, type ExportFixture, randomHistory, randomNumbers, startExportFixture } from './export-fixture.ts';
import { startOrders } from './orders-process.ts';

let fixture: ExportFixture;
const random = randomNumbers(11);
const all: OrderEvent[][] = [];
const folderOf = (format: string) => join(fixture.root, format);

beforeAll(async () => {
  fixture = await startExportFixture();
  for (let index = 0; index < 150; index += 1) all.push(randomHistory(`o-${index}`, random));
  const half = (history: OrderEvent[]) => Math.ceil(history.length / 2);
  await fixture.appendTogether(all.slice(0, 100).map((history) => history.slice(0, half(history))));
  for (const format of exportFormats) {
    const signal = new AbortController().signal;
    const options = { client: fixture.client, format, until: { kind: 'now' }, askedUntil: 'now', signal } as const;
    await exportLog({ ...options, folder: folderOf(format), eventsPerFile: 50 });
  }
  // Most of the exported orders move on, and others come.
  await fixture.appendTogether([
    ...all.slice(0, 100).map((history) => history.slice(half(history))),
    ...all.slice(100),
  ]);
});
afterAll(() => fixture.stop());

const live = (sql: string, ...args: string[]) => fixture.run('query', '--no-export', ...args, sql);
const offline = (sql: string, ...args: string[]) =>
  orders(['query', '--no-live', '--export', folderOf('parquet'), ...args, sql]);

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  const { code, output, errors } = await live(sql, '--json');
  expect([code, errors]).toEqual([0, '']);
  return output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

describe('the tables', () => {
  it.each(exportFormats)(
    'are the same over an export to %s and what is newer as over the event store',
    async (format) => {
      for (const sql of ['FROM orders ORDER BY placed_position', 'FROM events ORDER BY position']) {
        const over = await fixture.run('query', '--export', folderOf(format), '--json', sql);
        expect([over.code, over.errors]).toEqual([0, '']);
        expect(over.output.length).toBeGreaterThan(10_000);
        expect(over.output).toBe((await live(sql, '--json')).output);
      }
    },
  );

  it('hold each order as the fold of its events, exactly', async () => {
    const found = new Map((await rows('FROM orders')).map((row) => [row.id, row]));
    expect(found.size).toBe(all.length);
    for (const history of all) {
      const recorded = history.map((event, revision) => ({ event, revision: BigInt(revision) }));
      const view = viewOfHistory(recorded as never);
      if (view === null) throw new Error('the history is empty');
      const { failure, limit_price, ...same } = view;
      expect(found.get(view.id)).toMatchObject({
        ...same,
        failure_code: failure?.code ?? null,
        failure_reason: failure?.reason ?? null,
      });
      expect(Number(found.get(view.id)?.limit_price ?? 0)).toBe(Number(limit_price ?? 0));
    }
  });

  it('hold money and text exactly, whatever the format on the way', async () => {
    const sql = 'SELECT DISTINCT limit_price::VARCHAR AS p, reason IS NULL AS n, reason FROM events ORDER BY ALL';
    const [direct, ...others] = await Promise.all([
      live(sql, '--csv'),
      ...exportFormats.map((format) => fixture.run('query', '--csv', '--export', folderOf(format), sql)),
    ]);
    expect(direct?.output).toContain('9999999999999.99,true,\n');
    expect(direct?.output).toContain('0.01,true,\n');
    expect(direct?.output).toContain(',false,""\n');
    expect(direct?.output).toContain(',false,"</script><b>""quoted"", and\nmore</b>"\n');
    for (const other of others) expect(other.output).toBe(direct?.output);
  });

  it('hold each event as it was stored', async () => {
    const stored = all
      .flat()
      .map((event) => JSON.stringify(event.data))
      .sort();
    expect((await rows('SELECT data FROM events')).map(({ data }) => String(data)).sort()).toEqual(stored);
  });
});

type Call = { attempt: number; started_at: string; ended_at: string | null; outcome: string; reason: string | null };

const outcomes: Partial<Record<OrderEvent['type'], string>> = {
  OrderSubmitted: 'submitted',
  OrderFailed: 'failed',
  SubmissionAttemptFailed: 'not_placed',
  OrderInDoubt: 'in_doubt',
};

/** What the view attempts is to say of a history; the end of a failed attempt is known to the store alone. */
function callsOf(history: readonly OrderEvent[]): Call[] {
  const steps = history.filter(({ type }) => type !== 'OrderPlaced' && type !== 'RedriveRequested');
  return steps.flatMap((event, index): Call[] => {
    if (event.type !== 'SubmissionStarted') return [];
    const { attempt, started_at } = event.data;
    const end = steps[index + 1];
    const none = { attempt, started_at, ended_at: null, reason: null };
    if (end === undefined) return [{ ...none, outcome: 'open' }];
    if (end.type === 'SubmissionStarted') return [{ ...none, outcome: 'unknown' }];
    const data = end.data as { submitted_at?: string; failed_at?: string; in_doubt_since?: string; reason?: string };
    const ended_at = data.submitted_at ?? data.failed_at ?? data.in_doubt_since ?? 'recorded';
    return [{ attempt, started_at, ended_at, outcome: outcomes[end.type] ?? '', reason: data.reason ?? null }];
  });
}

describe('the ready views', () => {
  it('attempts has each call to the exchange and how it ended', async () => {
    const recorded = new Map(
      (await rows("SELECT order_id, attempt, recorded_at FROM events WHERE type = 'SubmissionAttemptFailed'")).map(
        ({ order_id, attempt, recorded_at }) => [`${order_id} ${attempt}`, recorded_at],
      ),
    );
    const expected = all.flatMap((history) => {
      const id = history[0]?.data.order_id ?? '';
      return callsOf(history).map((call) => ({
        order_id: id,
        ...call,
        ended_at: call.ended_at === 'recorded' ? recorded.get(`${id} ${call.attempt}`) : call.ended_at,
      }));
    });
    const columns = 'order_id, attempt, started_at, ended_at, outcome, reason';
    const key = (call: object) => JSON.stringify(Object.entries(call).sort());
    const found = await rows(`SELECT ${columns} FROM attempts`);
    expect(expected.length).toBeGreaterThan(150);
    expect(new Set(expected.map(({ outcome }) => outcome)).size).toBe(6);
    expect(found.map(key).sort()).toEqual(expected.map(key).sort());
  });

  it('latency has the time that each order took, and latency_by_stage its percentiles', async () => {
    const seconds = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1_000;
    const expected = all.map(([placed, ...rest]) => {
      if (placed?.type !== 'OrderPlaced') throw new Error('the history has no beginning');
      const first = rest.find(({ type }) => type === 'SubmissionStarted');
      const end = rest.find(({ type }) => type === 'OrderSubmitted');
      const begun = first?.type === 'SubmissionStarted' ? first.data.started_at : null;
      const submitted = end?.type === 'OrderSubmitted' ? end.data.submitted_at : null;
      return {
        order_id: placed.data.order_id,
        placed_to_attempt_s: begun === null ? null : seconds(placed.data.placed_at, begun),
        attempt_to_submitted_s: begun === null || submitted === null ? null : seconds(begun, submitted),
        placed_to_submitted_s: submitted === null ? null : seconds(placed.data.placed_at, submitted),
      };
    });
    const found = await rows('FROM latency');
    const byId = new Map(found.map((row) => [row.order_id, row]));
    for (const order of expected) expect(byId.get(order.order_id)).toMatchObject(order);

    const all_s = expected.flatMap(({ placed_to_submitted_s: value }) => value ?? []).sort((a, b) => a - b);
    const place = 0.9 * (all_s.length - 1);
    const [low = 0, high = 0] = [all_s[Math.floor(place)], all_s[Math.ceil(place)]];
    const stages = await rows("FROM latency_by_stage WHERE stage = 'placed to submitted'");
    expect(stages).toMatchObject([{ orders: all_s.length, max_s: all_s.at(-1) }]);
    expect(stages[0]?.p90_s).toBeCloseTo(low + (high - low) * (place % 1), 6);
  });
});

describe('a statement', () => {
  const outside = () => join(fixture.root, 'outside.csv');
  const forbidden: [string, () => string][] = [
    ['COPY', () => `COPY (SELECT 1) TO '${outside()}'`],
    ['COPY over a file of the export', () => `COPY (SELECT 1) TO '${folderOf('csv')}/manifest.json'`],
    ['EXPLAIN ANALYZE of a COPY', () => `EXPLAIN ANALYZE COPY (SELECT 1) TO '${outside()}'`],
    ['EXPLAIN of a CREATE', () => '/* x */ EXPLAIN /* y */ ANALYZE CREATE TABLE t AS SELECT 1'],
    ['EXPORT', () => `EXPORT DATABASE '${outside()}'`],
    ['ATTACH', () => `ATTACH '${outside()}' AS other`],
    ['INSTALL', () => 'INSTALL httpfs'],
    ['LOAD', () => 'LOAD httpfs'],
    ['reading another file', () => "SELECT * FROM read_csv('/etc/passwd')"],
    ['reading another file as text', () => "SELECT content FROM read_text('/etc/passwd')"],
    ['reading another file by its name', () => "FROM '/etc/passwd'"],
    ['looking into a folder', () => "SELECT * FROM glob('/etc/*')"],
    ['SET', () => 'SET enable_external_access = true'],
    ['RESET', () => 'RESET lock_configuration'],
    ['a PRAGMA that sets', () => 'PRAGMA threads = 1'],
    ['CREATE', () => 'CREATE TABLE t AS SELECT 1'],
    ['DROP', () => 'DROP VIEW orders'],
    ['INSERT', () => "INSERT INTO younger.orders (id) VALUES ('x')"],
    ['DELETE', () => 'DELETE FROM younger.orders'],
    ['two at once', () => 'SELECT 1; SELECT 2'],
    ['nothing', () => '  -- nothing'],
    ['no SQL', () => 'SELCT 1'],
    ['an unknown table', () => 'FROM nothing'],
    ['a value that does not fit', () => "SELECT 'x'::INTEGER"],
  ];

  it.each(forbidden)('that is not a plain question is refused in one line: %s', async (_what, sql) => {
    const before = await dataFilesIn(folderOf('parquet'));
    const { code, output, errors } = await offline(sql());
    expect([code, output]).toEqual([64, '']);
    expect(errors).toMatch(/^orders: [^\n]{10,}\n$/);
    expect(await dataFilesIn(folderOf('parquet'))).toEqual(before);
    expect(await readdir(fixture.root)).not.toContain('outside.csv');
  });

  it.each(['FROM orders', 'DESCRIBE events', 'SHOW TABLES', 'SUMMARIZE orders', 'EXPLAIN FROM orders', 'VALUES (1)'])(
    'that only asks is answered: %s',
    async (sql) => {
      const { code, output, errors } = await offline(sql);
      expect([code, errors]).toEqual([0, '']);
      expect(output).not.toBe('');
    },
  );

  it('may come from standard input', async () => {
    const { code, output } = await orders(['query', '--no-live', '--export', folderOf('csv'), '--csv', '-'], {
      input: 'SELECT 1 AS one',
    });
    expect([code, output]).toEqual([0, 'one\n1\n']);
  });

  it('may be larger than memory, and leaves nothing behind', async () => {
    const sql = 'SELECT count(*) AS n FROM (SELECT range, hash(range) AS h FROM range(3000000) ORDER BY h)';
    const { code, output } = await offline(sql, '--json');
    expect([code, output]).toEqual([0, '{"n":3000000}\n']);
  });
});

describe('an answer', () => {
  it('as JSON has numbers where they are exact, and text where they would not be', async () => {
    const sql = `SELECT 120.50::DECIMAL(15,2) AS price, 1234567890123456.78::DECIMAL(18,2) AS large, 9007199254740993 AS whole,
      42 AS small, 18446744073709551615::UBIGINT AS position, 0.1::DOUBLE AS double, 'NaN'::DOUBLE AS nan, true AS yes,
      NULL AS nothing, '' AS empty, TIMESTAMP '2026-01-02 03:04:05.678' AS at_ms, [1, 2] AS list, {'a': 'b'} AS struct`;
    const { output } = await offline(sql, '--json');
    expect(output).toBe(
      '{"price":120.50,"large":"1234567890123456.78","whole":"9007199254740993","small":42,' +
        '"position":"18446744073709551615","double":0.1,"nan":"NaN","yes":true,"nothing":null,"empty":"",' +
        '"at_ms":"2026-01-02T03:04:05.678Z","list":[1,2],"struct":{"a":"b"}}\n',
    );
  });

  it('as a table fits the terminal, ends after 40 rows, and obeys nothing that is in it', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const sql = `SELECT range AS n, repeat('wide ', 30) AS text, chr(27) || '[31mred' AS colour FROM range(1000)`;
    const result = await connection.stream(sql);
    const layout = { columns: { output: 60, errors: 60 }, paint: (_format: string, text: string) => text };
    const lines = (await Array.fromAsync(resultLines(result, 'table', layout))).join('').trimEnd().split('\n');
    connection.closeSync();
    expect(lines).toHaveLength(42);
    expect(lines.every((line) => line.length <= 60)).toBe(true);
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines.at(-1)).toBe('the first 40 rows; --csv and --json print all');
  });

  it('ends without a word when its reader leaves', async () => {
    const args = ['query', '--no-live', '--export', folderOf('parquet'), '--json'];
    const run = startOrders([...args, 'SELECT range FROM range(100000000)'], {});
    run.child.stdout?.once('data', () => run.child.stdout?.destroy());
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.errors()).toBe('');
  });

  it('ends with 130 when it is interrupted in the middle of a long statement', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort('interrupted'), 300);
    const args = ['query', '--no-live', '--export', folderOf('parquet'), '--csv'];
    const sql = 'SELECT sum(hash(a.range + b.range)) FROM range(10000000) a, range(10000000) b';
    const { code, output, errors } = await orders([...args, sql], { signal: controller.signal });
    expect([code, output, errors]).toEqual([130, '', '']);
  });
});

describe('what cannot be asked is told in one line:', () => {
  it('a folder without an export', async () => {
    const { code, errors } = await orders(['query', '--no-live', '--export', fixture.root, 'FROM orders']);
    expect([code, errors]).toEqual([64, `orders: ${fixture.root} holds no export\n`]);
  });

  it('an event store that is not there, with the way to do without', async () => {
    const args = ['query', '--export', folderOf('csv'), '--eventstore', 'esdb://127.0.0.1:1?tls=false', 'FROM orders'];
    const { code, errors } = await orders(args);
    expect([code, errors]).toEqual([
      69,
      expect.stringMatching(/^orders: the event store .*; --no-live asks [^\n]*\n$/),
    ]);
  });
});
