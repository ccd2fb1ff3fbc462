import { describe, expect, it } from 'vitest';
import { type CrashPoint, crashPoints } from './crash-points.ts';
import { CannotStartError } from './run-service.ts';

const steps = ['shop.pack', 'shop.send'] as const;

/** A process that writes down what it does instead of dying. */
function shop(CRASH_AT?: string) {
  const done: string[] = [];
  const crash = crashPoints(steps, { CRASH_AT }, (point) => done.push(`died at ${point}`));
  return { done, crash, pack: (thing: string) => done.push(`packed ${thing}`) };
}

describe('a process that was not asked to die', () => {
  it.each([undefined, ''])('gets its own functions back (CRASH_AT=%j)', (setting) => {
    const { crash, pack } = shop(setting);
    expect(crash.around('shop.pack', pack)).toBe(pack);
    expect(crash.following('shop.send:after', pack)).toBe(pack);
  });
});

describe('a process that was asked to die', () => {
  it('dies before a step', () => {
    const { done, crash, pack } = shop('shop.pack:before');
    crash.around('shop.pack', pack)('a book');
    expect(done).toEqual(['died at shop.pack:before', 'packed a book']);
  });

  it('dies after a step, and what the step returns is handed on', () => {
    const { done, crash, pack } = shop('shop.pack:after');
    expect(crash.around('shop.pack', pack)('a book')).toBe(1);
    expect(done).toEqual(['packed a book', 'died at shop.pack:after']);
  });

  it('dies once a step has come to its end, not when it has begun', async () => {
    const { done, crash } = shop('shop.send:after');
    const sending = Promise.withResolvers<string>();
    const sent = crash.around('shop.send', () => sending.promise)();
    await Promise.resolve();
    expect(done).toEqual([]);
    sending.resolve('receipt');
    expect(await sent).toBe('receipt');
    expect(done).toEqual(['died at shop.send:after']);
  });

  it('does not count a step that failed as one that was taken', async () => {
    const { done, crash } = shop('shop.send:after');
    await expect(crash.around('shop.send', () => Promise.reject(new Error('no van')))()).rejects.toThrow('no van');
    expect(done).toEqual([]);
  });

  it('dies at the named occurrence', () => {
    const { done, crash, pack } = shop('shop.pack:before#3');
    const packing = crash.around('shop.pack', pack);
    for (const thing of ['one', 'two', 'three', 'four']) packing(thing);
    expect(done).toEqual(['packed one', 'packed two', 'died at shop.pack:before', 'packed three', 'packed four']);
  });

  it('tells steps that share a function apart by what they are called with', () => {
    const { done, crash, pack } = shop('shop.send:before');
    const work = crash.around((thing: string) => (thing === 'a letter' ? 'shop.send' : null), pack);
    for (const thing of ['a book', 'a letter']) work(thing);
    expect(done).toEqual(['packed a book', 'died at shop.send:before', 'packed a letter']);
  });

  it('dies at a point that follows a function of another kind', () => {
    const { done, crash, pack } = shop('shop.send:before');
    crash.following('shop.send:before', pack)('a book');
    expect(done).toEqual(['packed a book', 'died at shop.send:before']);
  });
});

describe('a setting that cannot be meant', () => {
  const starting = (CRASH_AT: string, ENVIRONMENT?: string) => () => crashPoints(steps, { CRASH_AT, ENVIRONMENT });

  it.each(['shop.pack', 'shop.pack:during', 'shop.burn:after', 'shop.pack:after#0', 'shop.pack:after#x', '#1'])(
    'keeps the process from starting: %s',
    (setting) => {
      expect(starting(setting)).toThrow(CannotStartError);
      expect(starting(setting)).toThrow('shop.pack:before, shop.pack:after, shop.send:before, shop.send:after');
    },
  );

  it('keeps the process from starting in production, though the point is known', () => {
    const point: CrashPoint<(typeof steps)[number]> = 'shop.pack:before';
    expect(starting(point, 'production')).toThrow('CRASH_AT is for tests');
    expect(starting(point, 'development')).not.toThrow();
  });
});
