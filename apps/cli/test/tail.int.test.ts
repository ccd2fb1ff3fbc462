import { randomUUID } from 'node:crypto';
import { jsonEvent } from '@eventstore/db-client';
import {
  orderFailed,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionAttemptFailed,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { orders } from './command-line.ts';
import { jsonLines, startOrderLog } from './order-log.ts';

let log: Awaited<ReturnType<typeof startOrderLog>>;
const [bought, sold, late] = [randomUUID(), randomUUID(), randomUUID()];

beforeAll(async () => {
  log = await startOrderLog();
  await log.append(bought, orderPlaced(bought, { instrument: 'US0378331005', limit_price: '120.50', type: 'limit' }));
  await log.append(sold, orderPlaced(sold, { side: 'sell' }));
  await log.client.appendToStream('others-1', jsonEvent({ type: 'Other', data: {} }));
  await log.append(bought, submissionStarted(bought), submissionAttemptFailed(bought));
  await log.append(sold, submissionStarted(sold), orderFailed(sold), redriveRequested(sold));
  await log.append(bought, submissionStarted(bought, 2), orderSubmitted(bought));
});
afterAll(() => log.stop());

const tail = (...args: string[]) => orders(['tail', ...args], { env: log.env });
const tailNow = (...args: string[]) => tail('--no-follow', '--json', ...args);
const place = async (index: number) => String((await log.recorded()).at(index)?.position.commit);

describe('the past', () => {
  it('is every event of the log, in its order and in its one JSON form', async () =>
    expect(await tail('--from', 'start', '--until', 'now', '--json')).toEqual({
      code: 0,
      output: jsonLines(await log.recorded()),
      errors: '',
    }));

  it('begins with the event at --from, and ends with the one at --until', async () => {
    const { output } = await tail('--from', await place(1), '--until', await place(4), '--json');
    expect(output).toBe(jsonLines((await log.recorded()).slice(1, 5)));
  });

  it('goes on behind the event at --after, where an earlier one ended', async () => {
    const { output } = await tailNow('--after', await place(4));
    expect(output).toBe(jsonLines((await log.recorded()).slice(5)));
  });

  it('is nothing when there is nothing behind the last event', async () =>
    expect(await tailNow('--after', await place(-1))).toEqual({ code: 0, output: '', errors: '' }));

  it('is a table for people, in which an event is a line', async () => {
    const { output } = await tail('--no-follow', '--type', 'OrderPlaced,OrderSubmitted');
    const [titles, ...lines] = output.split('\n');
    expect(titles?.split(/\s+/)).toEqual(['TIME', 'POSITION', 'EVENT', 'ORDER', 'DETAILS']);
    expect(lines).toMatchObject([
      expect.stringMatching(`OrderPlaced +${bought}  buy 5 US0378331005 @ 120.50, account default$`),
      expect.stringMatching(`OrderPlaced +${sold}  sell 5 DE0007164600 at market, account default$`),
      expect.stringMatching(`OrderSubmitted +${bought}  x-9 after 1 attempt$`),
      '',
    ]);
  });
});

describe('a filter', () => {
  const wanted = async (...indices: number[]) => {
    const recorded = await log.recorded();
    return jsonLines(indices.flatMap((index) => recorded[index] ?? []));
  };

  it.each<[string, string[], number[]]>([
    ['the type of the event', ['--type', 'orderplaced', '--type', 'OrderFailed'], [0, 1, 5]],
    ['the instrument of its order', ['--instrument', 'US0378331005'], [0, 2, 3, 7, 8]],
    ['the side of its order', ['--side', 'sell'], [1, 4, 5, 6]],
    ['the status that the order has then', ['--status', 'placed'], [0, 1, 3, 6]],
    ['several of these at once', ['--status', 'placed,submitted', '--side', 'buy', '--type', 'OrderSubmitted'], [8]],
  ])('goes by %s', async (_what, args, indices) =>
    expect((await tailNow(...args)).output).toBe(await wanted(...indices)),
  );

  it('knows orders whose beginning lies before the first event that is shown', async () =>
    expect((await tailNow('--from', await place(4), '--status', 'placed', '--side', 'sell')).output).toBe(
      await wanted(6),
    ));

  it.each([
    ['--type', 'OrderLost', 'OrderInDoubt'],
    ['--status', 'open', 'in_doubt'],
    ['--side', 'both', 'buy, sell'],
    ['--instrument', 'DAX', '12 characters'],
  ])('refuses a %s that does not exist, and says which do', async (option, value, said) => {
    const { code, output, errors } = await tailNow(option, value);
    expect([code, output]).toEqual([64, '']);
    expect(errors).toContain(said);
  });
});

describe('a log that is followed', () => {
  it('shows what comes, from the present on, until it is interrupted', async () => {
    const stopping = new AbortController();
    let shown = '';
    const onOutput = (text: string) => {
      shown += text;
    };
    const options = { env: log.env, signal: stopping.signal, onOutput };
    const before = await log.recorded();
    const following = orders(['tail', '--json', '--after', await place(-1)], options);
    await log.append(late, orderPlaced(late));
    await vi.waitFor(() => expect(shown).not.toBe(''), { timeout: 30_000 });
    await log.append(late, submissionStarted(late));
    await vi.waitFor(async () => expect(shown.split('\n')).toHaveLength(3), { timeout: 30_000 });
    stopping.abort('interrupted');
    expect(await following).toEqual({
      code: 0,
      output: jsonLines((await log.recorded()).slice(before.length)),
      errors: '',
    });
  });

  it('ends well when nobody reads it any more, and says so when it was to come to an end', async () => {
    const signal = AbortSignal.abort('no reader');
    expect(await orders(['tail'], { env: log.env, signal })).toMatchObject({ code: 0, errors: '' });
    const interrupted = AbortSignal.abort('interrupted');
    expect(await orders(['tail', '--no-follow'], { env: log.env, signal: interrupted })).toMatchObject({ code: 130 });
  });
});

describe('what cannot be shown', () => {
  it.each<[string, string[], RegExp]>([
    ['a position that no event has', ['--from', '7'], /position 7/],
    ['a position behind the log', ['--after', '99999999'], /99999999/],
    ['a time to come', ['--until', '2999-01-01'], /future/],
    ['what is no place', ['--from', 'yesterday'], /yesterday/],
    ['two beginnings', ['--from', 'start', '--after', '1'], /cannot be used with/],
  ])('is refused: %s', async (_what, args, said) => {
    const { code, output, errors } = await tail('--no-follow', ...args);
    expect([code, output]).toEqual([64, '']);
    expect(errors).toMatch(said);
  });

  it('is refused: an end before the beginning', async () => {
    const { code, errors } = await tail('--from', await place(3), '--until', await place(1));
    expect([code, errors]).toEqual([64, 'orders: the place to end lies before the one to begin\n']);
  });

  it('is told of: events that this version cannot read', async () => {
    const event = jsonEvent({ type: 'OrderAmended', data: {} });
    await log.client.appendToStream(`order-${randomUUID()}`, event);
    const { code, output, errors } = await tailNow();
    expect([code, output]).toEqual([1, jsonLines(await log.recorded())]);
    expect(errors).toContain('cannot read it: OrderAmended, revision 0');
  });

  it('is told of: an event store that nobody reaches', async () => {
    const { code, output, errors } = await tail('--eventstore', 'esdb://127.0.0.1:1?tls=false');
    expect([code, output]).toEqual([69, '']);
    expect(errors).toMatch(/^orders: the event store cannot be reached: .+\n$/);
  });
});
