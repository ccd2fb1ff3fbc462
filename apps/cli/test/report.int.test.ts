import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OrderEvent } from '@orders/domain/order-types';
import { viewOfHistory } from '@orders/read-model/order-view';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withOrderData } from '../src/query/order-data.ts';
import { type Figures, readFigures } from '../src/report/figures.ts';
import { terminalReport } from '../src/report/terminal-report.ts';
import { type ExportFixture, randomHistory, randomNumbers, startExportFixture } from './export-fixture.ts';

let fixture: ExportFixture;
const random = randomNumbers(5);
const all: OrderEvent[][] = Array.from({ length: 200 }, (_, index) => randomHistory(`o-${index}`, random));

beforeAll(async () => {
  fixture = await startExportFixture();
  await fixture.appendTogether(all);
});
afterAll(() => fixture.stop());

const views = all.flatMap((history) => {
  const recorded = history.map((event, revision) => ({ event, revision: BigInt(revision) }));
  return viewOfHistory(recorded as never) ?? [];
});

const figures = (over = {}, bucketsMax = 24): Promise<Figures> =>
  withOrderData({ exported: null, client: fixture.client, signal: new AbortController().signal }, ({ connection }) =>
    readFigures(connection, { from: { kind: 'start' }, until: { kind: 'now' }, instrument: null, ...over }, bucketsMax),
  );

it('counts every order once, in its stretch of time, by what came of it', async () => {
  const found = await figures();
  expect(found.orders).toBe(views.length);
  expect(found.buckets.length).toBeLessThanOrEqual(24);
  for (const bucket of found.buckets) {
    const from = bucket.at * 1_000;
    const to = from + found.bucketSeconds * 1_000;
    const placed = views.filter(({ created_at }) => Date.parse(created_at) >= from && Date.parse(created_at) < to);
    const count = (...statuses: string[]) => placed.filter(({ status }) => statuses.includes(status)).length;
    expect(bucket).toMatchObject({
      submitted: count('submitted'),
      failed: count('failed'),
      in_doubt: count('in_doubt'),
      open: count('placed', 'submitting'),
    });
  }
  const inBuckets = found.buckets.reduce((sum, one) => sum + one.submitted + one.failed + one.in_doubt + one.open, 0);
  expect(inBuckets).toBe(views.length);
  const counted = [...found.traded.map(({ buy, sell }) => buy + sell), found.otherTraded];
  expect(counted.reduce((sum, one) => sum + one, 0)).toBe(views.length);
  const failed = views.filter(({ status }) => status === 'failed' || status === 'in_doubt').length;
  expect(found.failures.reduce((sum, { orders }) => sum + orders, found.otherFailures)).toBe(failed);
});

it('takes only the orders that were asked for', async () => {
  const [from, until] = [new Date('2026-01-02T03:30:00Z'), new Date('2026-01-02T04:00:00Z')];
  const instrument = 'XX"\',;<&>  12';
  const found = await figures({ from: { kind: 'time', time: from }, until: { kind: 'time', time: until }, instrument });
  const wanted = views.filter((view) => {
    const at = Date.parse(view.created_at);
    return at >= from.getTime() && at < until.getTime() && view.instrument === instrument;
  });
  expect(wanted.length).toBeGreaterThan(0);
  expect(found.orders).toBe(wanted.length);
  expect(found.traded).toMatchObject([{ instrument }]);
});

it.each([72, 80, 200])('draws the report within %i columns, and obeys nothing that is in it', async (width) => {
  const layout = { columns: { output: width, errors: width }, paint: (_format: string, text: string) => text };
  const text = terminalReport(await figures(), layout);
  const lines = text.split('\n');
  expect(lines.filter((line) => line.length > width)).toEqual([]);
  for (const title of ['Orders, each row', 'Time from placed to submitted', 'by reason', 'By instrument and side'])
    expect(text).toContain(title);
  expect(text).not.toContain('\u001b');
});

it('writes a page that needs no network, runs only what it came with, and is not broken by what orders hold', async () => {
  const file = join(fixture.root, 'report.html');
  const { code, output } = await fixture.run('report', '--no-export', '--html', file);
  expect([code, output]).toEqual([0, `200 orders in ${file}\n`]);
  const page = await readFile(file, 'utf8');
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  const parts = [...page.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g)].map(([, , text = '']) => text);
  expect(parts).toHaveLength(4);
  for (const text of parts) expect(policy).toContain(`'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  // The ends of the JSON and of the two scripts, and none that came with a reason.
  expect(page.match(/<\/script>/g)).toHaveLength(3);
  const [, content = ''] = /<script type="application\/json" id="content">(.*)<\/script>/.exec(page) ?? [];
  expect(JSON.stringify(JSON.parse(content).figures.failures)).toContain('</script><b>');
  expect(page).not.toMatch(/(src|href)=/);
});

it('says of no orders that there are none', async () => {
  const empty = await startExportFixture();
  try {
    expect(await empty.run('report', '--no-export')).toEqual({ code: 0, output: 'no orders\n', errors: '' });
  } finally {
    await empty.stop();
  }
});

it.each([
  ['a time to come', { until: { kind: 'time', time: new Date(Date.now() + 60_000) } }, 'lies in the future'],
  [
    'a position without an event',
    { from: { kind: 'position', commit: 1n } },
    'no event of an order stands at position 1',
  ],
  [
    'an end before the beginning',
    { from: { kind: 'time', time: new Date(2) }, until: { kind: 'time', time: new Date(1) } },
    'lies before the one to begin',
  ],
])('refuses %s', async (_case, selection, reason) => expect(figures(selection)).rejects.toThrow(reason));

it('tells in one line that a page cannot be written', async () => {
  const { code, errors } = await fixture.run('report', '--no-export', '--html', '/nowhere/report.html');
  expect([code, errors]).toEqual([64, expect.stringMatching(/^orders: [^\n]+ cannot be written: [^\n]+\n$/)]);
});
