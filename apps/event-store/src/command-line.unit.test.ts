import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

const parse = (...args: string[]) => parseCommandLine(args, '/home-of-caller');

describe('the command line', () => {
  it('starts when it says nothing', () => expect(parse()).toEqual({ kind: 'start', settings: {} }));

  it('sets what it names, after the -- of pnpm too', () => {
    const settings = {
      EVENT_STORE_DATA: '/home-of-caller/data',
      EVENT_STORE_PORT: '2200',
      EVENT_STORE_HOST: '0.0.0.0',
    };
    const args = ['--data', 'data', '--port=2200', '--host', '0.0.0.0'];
    expect(parse(...args)).toEqual({ kind: 'start', settings });
    expect(parse('--', ...args)).toEqual({ kind: 'start', settings });
    expect(parse('verify', '--', ...args)).toEqual({ kind: 'verify', settings });
  });

  it.each([['--help'], ['-h'], ['--', '--help'], ['verify', '--help']])('explains itself: %s %s', (...args) =>
    expect(parse(...args)).toEqual({ kind: 'help' }),
  );

  it.each([
    [['--dta', 'x'], "Unknown option '--dta'"],
    [['serve'], 'unknown argument: serve'],
    [['start', 'now'], 'unknown argument: now'],
    [['--data'], "'--data <value>' argument missing"],
    [['--data='], '--data needs a value'],
  ])('refuses %j', (args, problem) =>
    expect(parse(...args)).toEqual({ kind: 'unusable', problem: expect.stringContaining(problem) }),
  );
});
