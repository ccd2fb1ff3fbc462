import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonEvent } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { freePort } from '@orders/local-system/free-port';
import { startTestEventStore } from '@orders/test-kit/event-store';
import {
  orderFailed,
  orderInDoubt,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOrders } from '../src/audit/audit-orders.ts';
import { acknowledged, ledgerEntry, ndjson, startAuditFixture } from './audit-fixture.ts';
import { orders } from './command-line.ts';

let system: Awaited<ReturnType<typeof startAuditFixture>>;

beforeEach(async () => {
  system = await startAuditFixture();
});
afterEach(() => system.stop());

const submission = (id: string): OrderEvent[] => [orderPlaced(id), submissionStarted(id), orderSubmitted(id)];
const failure = (id: string): OrderEvent[] => [orderPlaced(id), submissionStarted(id), orderFailed(id)];
const impatient = ['--patience', '0'];

async function reported(args: string[] = impatient, input = '') {
  const { code, output, errors } = await system.audit(['--json', ...args], input);
  expect(errors).toBe('');
  const { findings, ...counts } = JSON.parse(output);
  return { code, counts, kinds: findings.map(({ kind }: { kind: string }) => kind), findings };
}

describe('a system without a flaw', () => {
  it('is clean while it is empty', async () =>
    expect(await system.audit()).toEqual({
      code: 0,
      output: '0 acknowledged · 0 stored · 0 placed · 0 lost · 0 duplicated · 0 unexplained · 0 open · 0 in doubt\n',
      errors: '',
    }));

  it('is clean, with every kind of order that there is', async () => {
    const [done, failed, doubtful] = [randomUUID(), randomUUID(), randomUUID()];
    const [standing, placed, redriven] = [randomUUID(), randomUUID(), randomUUID()];
    await system.append(done, ...submission(done));
    await system.append(failed, ...failure(failed));
    await system.append(doubtful, orderPlaced(doubtful), orderInDoubt(doubtful));
    await system.append(standing, orderPlaced(standing), orderInDoubt(standing));
    await system.append(placed, orderPlaced(placed));
    await system.append(redriven, ...failure(redriven), redriveRequested(redriven), orderSubmitted(redriven));
    await system.client.appendToStream('other', jsonEvent({ type: 'Noise', data: {} }));
    system.ledger.holds(ledgerEntry(done), ledgerEntry(standing), ledgerEntry(redriven));
    const told = ndjson(...[done, failed, doubtful, standing, placed, redriven, done].map((id) => acknowledged(id)));
    const { code, counts, kinds } = await reported(['--acknowledged', '-'], told);
    expect({ code, kinds }).toEqual({ code: 0, kinds: [] });
    expect(counts).toMatchObject({ acknowledged: 6, stored: 6, placed: 3, open: 1, in_doubt: 2, in_doubt_placed: 1 });
    expect(counts).toMatchObject({ failed: 1, cut: expect.stringMatching(/^\d+$/) });
    expect(counts.oldest_open_s).toBeGreaterThanOrEqual(0);
    const { output } = await system.audit();
    expect(output).toMatch(/^0 acknowledged · 6 stored · 3 placed · .* · 1 open \(oldest \d+ s\) · 2 in doubt\n$/);
  });

  it('keeps count over more orders than one page of the log holds', async () => {
    const ids = Array.from({ length: 1_500 }, () => randomUUID());
    await Promise.all(ids.map((id) => system.append(id, ...submission(id))));
    system.ledger.holds(...ids.map((id) => ledgerEntry(id)));
    const { code, counts } = await reported(impatient);
    expect({ code, ...counts }).toMatchObject({ code: 0, stored: 1_500, placed: 1_500 });
  });
});

describe('a violation is found, listed and answered with exit code 1:', () => {
  it('an order that was acknowledged and is not stored', async () => {
    const { code, output } = await system.audit([...impatient, '--acknowledged', '-'], ndjson(acknowledged('gone')));
    expect(code).toBe(1);
    expect(output).toContain('1 acknowledged · 0 stored · 0 placed · 1 lost');
    expect(output).toContain('\nlost gone: ');
  });

  it.each<[string, OrderEvent[], object[], string[]]>([
    ['submitted, and not in the ledger', submission('o'), [], ['lost']],
    [
      'twice in the ledger',
      submission('o'),
      [ledgerEntry('o'), ledgerEntry('o', { exchange_order_id: 'y' })],
      ['duplicated'],
    ],
    [
      'in the ledger under another reference',
      submission('o'),
      [ledgerEntry('o', { exchange_order_id: 'y' })],
      ['duplicated'],
    ],
    ['in the ledger without a stream', [], [ledgerEntry('o')], ['unexplained']],
    ['failed, and in the ledger', failure('o'), [ledgerEntry('o')], ['unexplained']],
    ['in the ledger with other terms', submission('o'), [ledgerEntry('o', { quantity: 6 })], ['unexplained']],
    ['without a placement', [submissionStarted('o')], [], ['unexplained']],
    ['of a later version', [orderPlaced('o'), { type: 'OrderTeleported', data: {} } as never], [], ['unexplained']],
  ])('an order %s', async (_what, events, entries, expected) => {
    await system.append('clean', ...submission('clean'));
    if (events.length > 0) await system.append('o', ...events);
    system.ledger.holds(ledgerEntry('clean'), ...entries);
    const { code, kinds, findings } = await reported();
    expect({ code, kinds, id: findings[0].id }).toEqual({ code: 1, kinds: expected, id: 'o' });
  });

  it('a price that was acknowledged otherwise than it is stored', async () => {
    await system.append('same', orderPlaced('same', { type: 'limit', limit_price: '120.50' }));
    await system.append('other', orderPlaced('other', { type: 'limit', limit_price: '120.50' }));
    const told = [acknowledged('same', { type: 'limit', limit_price: 120.5 })];
    told.push(acknowledged('other', { type: 'limit', limit_price: 120.51 }));
    const { kinds, findings } = await reported([...impatient, '--acknowledged', '-'], ndjson(...told));
    expect(kinds).toEqual(['unexplained']);
    expect(findings[0]).toMatchObject({ id: 'other', reason: expect.stringContaining('limit_price 120.50') });
  });

  it('one idempotency key that was answered with two orders', async () => {
    for (const id of ['a', 'b', 'c']) await system.append(id, orderPlaced(id));
    const told = [acknowledged('a', { idempotency_key: 'k' }), acknowledged('b', { idempotency_key: 'k' })];
    told.push(acknowledged('c', { idempotency_key: 'l' }), acknowledged('c', { idempotency_key: 'l' }));
    const { code, counts } = await reported([...impatient, '--acknowledged', '-'], ndjson(...told));
    expect({ code, ...counts }).toMatchObject({ code: 1, duplicated: 1, lost: 0, unexplained: 0 });
  });

  it('more of them than anyone would read, of which the first are listed', async () => {
    const told = ndjson(...Array.from({ length: 60 }, (_, n) => acknowledged(`gone-${n}`)));
    const { output } = await system.audit(['--acknowledged', '-'], told);
    expect(output.match(/^lost /gm)).toHaveLength(50);
    expect(output).toMatch(/\nand 10 more; --json lists all\n$/);
    expect((await reported(['--acknowledged', '-'], told)).kinds).toHaveLength(60);
  });

  it('an open order, in a system that is said to have settled', async () => {
    await system.append('o', orderPlaced('o'));
    expect(await reported()).toMatchObject({ code: 0, kinds: [] });
    const { code, counts, kinds } = await reported(['--settled']);
    expect({ code, kinds, open: counts.open }).toEqual({ code: 1, kinds: ['open'], open: 1 });
  });
});

describe('what is younger than the log that was read', () => {
  it.each<[string, OrderEvent[], OrderEvent[]]>([
    ['an order that was placed since', [], submission('o')],
    ['a failed order that was sent round again since', failure('o'), [redriveRequested('o'), submissionStarted('o')]],
  ])('is no finding: %s', async (_what, before, since) => {
    if (before.length > 0) await system.append('o', ...before);
    system.ledger.answers(async () => {
      await system.append('o', ...since);
      return { text: ndjson(ledgerEntry('o')) };
    });
    expect(await reported([])).toMatchObject({ code: 0, kinds: [] });
  });

  it('is no finding: an order that was submitted to the exchange after the ledger was read', async () => {
    // Were the ledger read before the log, the log would have an order that this ledger cannot have.
    system.ledger.answers(async () => {
      await system.append('o', ...submission('o'));
      return { text: '' };
    });
    expect(await reported([])).toMatchObject({ code: 0, kinds: [] });
  });

  it('is no finding: an order that was acknowledged while the answers of clients were read', async () => {
    // Were the log read before these answers, they would name an order that this log cannot have.
    async function* told() {
      await system.append('o', orderPlaced('o'));
      yield ndjson(acknowledged('o'));
    }
    const { client, ledger } = system;
    const options = { client, exchangeUrl: ledger.url, patienceMs: 0, now: () => new Date() };
    expect(await auditOrders({ ...options, acknowledged: told() })).toMatchObject({ acknowledged: 1, findings: [] });
  });

  it('is waited for, and judged by what it became', async () => {
    system.ledger.answers(async () => {
      setTimeout(() => void system.append('o', ...submission('o')), 1_000);
      return { text: ndjson(ledgerEntry('o', { exchange_order_id: 'y' })) };
    });
    expect(await reported(['--patience', '60'])).toMatchObject({ code: 1, kinds: ['duplicated'] });
  });
});

describe('what clients were told', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orders-cli-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read from a file to the end that it has at the time, without a line that was torn off', async () => {
    const file = join(folder, 'answers.ndjson');
    await writeFile(file, '');
    expect((await reported(['--acknowledged', file])).counts.acknowledged).toBe(0);
    await writeFile(file, ndjson(acknowledged('a'), acknowledged('ä')));
    await appendFile(file, '{"id":"ö');
    expect((await reported(['--acknowledged', file])).counts).toMatchObject({ acknowledged: 2, lost: 2 });
  });

  it('cannot be used when a line is broken, which is named', async () => {
    const result = await system.audit(['--acknowledged', '-'], `${ndjson(acknowledged('a'))}{"id":\n`);
    expect(result).toMatchObject({ code: 64, output: '', errors: expect.stringMatching(/^orders: line 2 .*\n$/) });
  });

  it('cannot be used when the file is not there, or a folder', async () => {
    expect((await system.audit(['--acknowledged', join(folder, 'none')])).code).toBe(64);
    expect((await system.audit(['--acknowledged', folder])).code).toBe(64);
  });
});

describe('a server that does not answer as it should is no finding, but exit code 69 and one line:', () => {
  it.each<[string, { status?: number; text?: string; tornAfter?: number }]>([
    ['another document', { text: '<html>\n</html>\n' }],
    ['an entry with a field missing', { text: ndjson(ledgerEntry('o', { exchange_order_id: undefined })) }],
    ['not found', { status: 404, text: '{}' }],
    ['a ledger that breaks off', { text: ndjson(ledgerEntry('o'), ledgerEntry('p')), tornAfter: 300 }],
    ['a last line that was torn off', { text: ndjson(ledgerEntry('o')).slice(0, 40) }],
  ])('a ledger of %s', async (_what, answer) => {
    system.ledger.answers(async () => answer);
    const { code, output, errors } = await system.audit();
    expect({ code, output }).toEqual({ code: 69, output: '' });
    expect(errors).toMatch(/^orders: the ledger of the exchange at \S+ cannot be reached: .+\n$/);
  });

  it('an exchange that is down', async () => {
    const { code, errors } = await system.audit(['--exchange', `http://127.0.0.1:${await freePort()}`]);
    expect(code).toBe(69);
    expect(errors).toMatch(/^orders: the ledger of the exchange .* \(connect ECONNREFUSED .*\n$/);
  });

  it('an event store that is down', async () => {
    const { code, output, errors } = await system.audit(['--eventstore', 'esdb://127.0.0.1:1?tls=false']);
    expect({ code, output }).toEqual({ code: 69, output: '' });
    expect(errors).toMatch(/^orders: the event store cannot be reached: .+\n$/);
  });

  it('an event store that goes away in the middle', async () => {
    const doomed = await startTestEventStore();
    const gone = Promise.withResolvers<void>();
    system.ledger.answers(async () => {
      await doomed.stop();
      gone.resolve();
      return { text: ndjson(ledgerEntry('o')) };
    });
    const { code, output } = await system.audit(['--eventstore', doomed.url]);
    await gone.promise;
    expect({ code, output }).toEqual({ code: 69, output: '' });
  });
});

it.each([
  [['audit', '--patience', 'soon']],
  [['audit', '--exchange', 'ftp://exchange']],
  [['audit', '--eventstore', 'localhost:2113']],
  [['audit', 'everything']],
  [['audit', '--loud']],
  [['audits']],
  [[]],
])('does not guess what is meant by %j', async (argv) => {
  const { code, output, errors } = await orders(argv);
  expect({ code, output }).toEqual({ code: 64, output: '' });
  expect(errors).not.toBe('');
});

it('takes addresses from the environment, and the command line before that', async () => {
  const env = { EVENTSTORE_URL: system.store.url, EXCHANGE_URL: 'http://127.0.0.1:1' };
  expect((await orders(['audit'], { env })).code).toBe(69);
  expect((await orders(['audit', '--exchange', system.ledger.url], { env })).code).toBe(0);
});
