import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { logPlace } from './log-place.ts';

const now = new Date('2026-11-23T12:00:00.000Z');
const timeOf = (text: string) => {
  const place = logPlace(text, now);
  return place.kind === 'time' ? place.time.toISOString() : place;
};

describe('a place in the log', () => {
  it('is its start or its present end', () => {
    expect(logPlace('start')).toEqual({ kind: 'start' });
    expect(logPlace('now')).toEqual({ kind: 'now' });
  });

  it('is a position, however large one may be', () => {
    expect(logPlace('8123')).toEqual({ kind: 'position', commit: 8123n });
    expect(logPlace('18446744073709551615')).toEqual({ kind: 'position', commit: 2n ** 64n - 1n });
  });

  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T08:00Z', '2026-01-31T08:00:00.000Z'],
    ['2026-01-31T08:00:01Z', '2026-01-31T08:00:01.000Z'],
    ['2026-01-31T08:00:01.5+01:00', '2026-01-31T07:00:01.500Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['90s', '2026-11-23T11:58:30.000Z'],
    ['15m', '2026-11-23T11:45:00.000Z'],
    ['2h', '2026-11-23T10:00:00.000Z'],
    ['3d', '2026-11-20T12:00:00.000Z'],
  ])('is a time: %s', (text, iso) => expect(timeOf(text)).toBe(iso));

  it.each([
    '',
    'yesterday',
    '-1',
    '1.5',
    '1e3',
    '18446744073709551616',
    '2026-02-30',
    '2026-13-01',
    '2026-01-31T08:00',
    '2026-01-31T25:00Z',
    '31.01.2026',
    '5w',
    '0x10',
    ' 5',
  ])('is nothing else: %j', (text) => expect(() => logPlace(text, now)).toThrow(InvalidArgumentError));
});
