import { describe, expect, it } from 'vitest';
import type { LoadSecond } from './load-report.ts';
import { readAnswer } from './posting-connection.ts';
import { judgeOverload, type OverloadRun, secondsUntilNormal } from './verdict.ts';

const mebibyte = 1_048_576;

const second = (changed: Partial<LoadSecond> = {}): LoadSecond => ({
  ...{ phase: 'any', due: 500, offered: 500, created: 500, shed: 0, mutedSheds: 0, others: {}, connectionErrors: 0 },
  ...{ createdP50Ms: 10, createdP99Ms: 30, shedP99Ms: null },
  ...changed,
});
const seconds = (count: number, changed?: Partial<LoadSecond>) => Array.from({ length: count }, () => second(changed));
const overloaded = { due: 5_000, offered: 5_000, created: 900, shed: 4_100, createdP99Ms: 600 };

const goodRun: OverloadRun = {
  ...{ peakPerSecond: 1_000, higherPeakPerSecond: 1_000, multiple: 5, deaths: 0, brokenPromises: 0 },
  ...{ before: seconds(10), during: seconds(20, overloaded), after: seconds(20) },
  apiBytes: new Map([['api-1', Array.from({ length: 20 }, () => 200 * mebibyte)]]),
};

const missed = (changed: Partial<OverloadRun>) =>
  judgeOverload({ ...goodRun, ...changed })
    .filter(({ isMet }) => !isMet)
    .map(({ name }) => name);

describe('the verdict', () => {
  it('is good for a run in which everything went well', () => expect(missed({})).toEqual([]));

  it.each<[string, Partial<OverloadRun>]>([
    ['offered, times the peak', { during: seconds(20, { ...overloaded, offered: 4_000 }) }],
    ['goodput, share of the peak', { during: seconds(20, { ...overloaded, created: 799 }) }],
    ['seconds without any 201', { during: [...seconds(50, overloaded), second({ ...overloaded, created: 0 })] }],
    [
      'answers other than 201 and 503',
      { during: [...seconds(20, overloaded), second({ ...overloaded, others: { 500: 1 } })] },
    ],
    ['connections that broke', { after: seconds(20, { connectionErrors: 1 }) }],
    ['503 without Retry-After or outcome', { during: seconds(20, { ...overloaded, mutedSheds: 1 }) }],
    ['503 before the overload', { before: seconds(10, { shed: 1 }) }],
    ['processes that died', { deaths: 1 }],
    ['201 without a stored order', { brokenPromises: 1 }],
    [
      'growth of an API process, MiB',
      { apiBytes: new Map([['api-1', Array.from({ length: 20 }, (_, at) => at * 20 * mebibyte)]]) },
    ],
    ['seconds until p99 ≤ 500 ms and no 503', { after: [...seconds(11, { shed: 1 }), ...seconds(9)] }],
  ])('names what went wrong: %s', (name, changed) => expect(missed(changed)).toEqual([name]));
});

describe('the time until it is as before', () => {
  it('counts the seconds before three good ones in a row', () => {
    expect(secondsUntilNormal(seconds(5), 100)).toBe(0);
    expect(secondsUntilNormal([second({ shed: 1 }), second(), second({ createdP99Ms: 200 }), ...seconds(3)], 100)).toBe(
      3,
    );
  });

  it('is not known when there are no three', () => {
    expect(secondsUntilNormal(seconds(2), 100)).toBeNull();
    expect(secondsUntilNormal(seconds(20, { created: 0, createdP99Ms: null }), 100)).toBeNull();
  });
});

describe('an answer', () => {
  const created = 'HTTP/1.1 201 Created\r\ncontent-length: 12\r\n\r\n{"id":"o-1"}';

  it('is read once it is whole, with the id of the order', () => {
    expect(readAnswer(`${created}HTTP/1.1 503`)).toEqual({
      answer: { status: 201, orderId: 'o-1', isComplete: true },
      length: created.length,
    });
    expect(readAnswer(created.slice(0, -1))).toBeNull();
    expect(readAnswer(created.slice(0, 30))).toBeNull();
  });

  it('that refuses is complete when it says when to come back, and that nothing was stored', () => {
    const refusal = (headers: string) => `HTTP/1.1 503 Service Unavailable\r\n${headers}Content-Length: 0\r\n\r\n`;
    const isComplete = (headers: string) => readAnswer(refusal(headers))?.answer.isComplete;
    expect(isComplete('retry-after: 3\r\norder-outcome: not-stored\r\n')).toBe(true);
    expect(isComplete('retry-after: 3\r\n')).toBe(false);
    expect(isComplete('retry-after: soon\r\norder-outcome: not-stored\r\n')).toBe(false);
  });
});
