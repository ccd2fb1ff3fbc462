import { describe, expect, it } from 'vitest';
import { oneLine } from './failures.ts';

describe('oneLine', () => {
  it.each<[string, unknown, string]>([
    ['the text of an error', new Error('no\n  such  thing '), 'no such thing'],
    ['what fetch hides', new TypeError('fetch failed', { cause: new Error('refused') }), 'fetch failed (refused)'],
    [
      'the first of several addresses',
      new TypeError('fetch failed', { cause: new AggregateError([new Error('refused')], '') }),
      'fetch failed (refused)',
    ],
    [
      'nothing twice',
      new Error('14 UNAVAILABLE: refused. Resolution note: ', { cause: new Error('14 UNAVAILABLE: refused') }),
      '14 UNAVAILABLE: refused',
    ],
    ['what is no error', 'gone', 'gone'],
  ])('says %s', (_what, error, text) => expect(oneLine(error)).toBe(text));

  it('is never longer than a person would read', () => expect(oneLine(new Error('x'.repeat(1_000)))).toHaveLength(300));
});
