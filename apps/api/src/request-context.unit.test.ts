import { describe, expect, it } from 'vitest';
import { requestIdOf, traceparentOf } from './request-context.ts';

describe('the request id', () => {
  it.each(['a', 'checkout-17', 'A.b_c-1', 'x'.repeat(128)])('is the one of the client: %s', (id) => {
    expect(requestIdOf({ 'x-request-id': id }, () => 'new')).toBe(id);
  });

  it.each([undefined, '', 'a b', 'a\nb', 'ü', '{"a":1}', 'x'.repeat(129)])('is a new one instead of %j', (id) => {
    expect(requestIdOf({ 'x-request-id': id }, () => 'new')).toBe('new');
  });
});

describe('the trace context', () => {
  const usable = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  it('is passed on as it came', () => {
    expect(traceparentOf({ traceparent: usable })).toBe(usable);
  });

  it.each([
    ['nothing', undefined],
    ['text', 'nonsense'],
    ['capitals', usable.toUpperCase()],
    ['the version that cannot be', usable.replace(/^00/, 'ff')],
    ['no trace id', usable.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32))],
    ['no parent id', usable.replace('b7ad6b7169203331', '0'.repeat(16))],
    ['more than one', `${usable}, ${usable}`],
  ])('is left out when it is %s', (_name, traceparent) => {
    expect(traceparentOf({ traceparent })).toBeUndefined();
  });
});
