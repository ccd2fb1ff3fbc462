// Lines out of text that arrives in pieces, in memory that the longest line bounds.

export type TextLine = {
  /** Without its end. */
  text: string;
  /** From 1. */
  number: number;
  /** False for the last one only: whoever wrote it may have been stopped in the middle. */
  terminated: boolean;
};

/** What is longer is no line of NDJSON, but something else altogether. */
export const lineLengthMax = 1_048_576;

/** Empty lines are left out, though counted. Throws `RangeError` for a line beyond {@link lineLengthMax}. */
export async function* textLines(pieces: AsyncIterable<string>): AsyncGenerator<TextLine> {
  let rest = '';
  let number = 0;
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineLengthMax) throw new RangeError(`line ${number + lines.length + 1} is too long`);
    for (const text of lines) {
      number += 1;
      if (text.trim() !== '') yield { text, number, terminated: true };
    }
  }
  if (rest.trim() !== '') yield { text: rest, number: number + 1, terminated: false };
}

/** The document in `text`; `undefined` when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
