import { describe, expect, it } from 'vitest';
import { lineLengthMax, textLines } from './text-lines.ts';

async function* inPieces(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}
const linesOf = (text: string, size = text.length) => Array.fromAsync(textLines(inPieces(text, Math.max(1, size))));

describe('textLines', () => {
  it.each([1, 2, 3, 100])('finds the same lines however the text is cut, such as every %i characters', async (size) => {
    expect(await linesOf('one\n\ntwo\r\nthree\n', size)).toEqual([
      { text: 'one', number: 1, terminated: true },
      { text: 'two\r', number: 3, terminated: true },
      { text: 'three', number: 4, terminated: true },
    ]);
  });

  it('says of a last line without its end that it has none', async () =>
    expect(await linesOf('one\ntw')).toEqual([
      { text: 'one', number: 1, terminated: true },
      { text: 'tw', number: 2, terminated: false },
    ]));

  it('finds nothing in nothing', async () => expect(await linesOf('')).toEqual([]));

  it('gives up a line that never ends', async () => {
    const endless = `short\n${'x'.repeat(lineLengthMax + 1)}`;
    await expect(linesOf(endless, 65_536)).rejects.toThrow('line 2 is too long');
  });
});
