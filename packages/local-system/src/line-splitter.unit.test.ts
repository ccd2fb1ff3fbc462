import { expect, it } from 'vitest';
import { lineLengthMax, splitLines } from './line-splitter.ts';

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = splitLines((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

it('joins what arrives in pieces and separates what arrives together', () => {
  expect(linesOf('one\ntw', 'o\n', 'three\nfour\n')).toEqual(['one', 'two', 'three', 'four']);
});

it('hands over an unfinished last line at the end', () => {
  expect(linesOf('one\ntwo')).toEqual(['one', 'two']);
});

it('skips empty lines and drops carriage returns', () => {
  expect(linesOf('one\r\n\n   \ntwo\r\n')).toEqual(['one', 'two']);
});

it('keeps a character whole whose bytes arrive apart', () => {
  const bytes = Buffer.from('5 €\n');
  expect(linesOf(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(['5 €']);
});

it('cuts a line that never ends instead of keeping it all in memory', () => {
  const [first, second] = linesOf('x'.repeat(lineLengthMax + 5));
  expect(first).toHaveLength(lineLengthMax);
  expect(second).toBe('xxxxx');
});
