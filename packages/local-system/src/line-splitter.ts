// Turns the chunks of a stream into whole lines, in bounded memory: a process that never ends its line gets it cut.
import { StringDecoder } from 'node:string_decoder';

export const lineLengthMax = 65_536;

export type LineSplitter = {
  push: (chunk: Buffer) => void;
  /** Hands over what came after the last line break, if anything. */
  end: () => void;
};

export function splitLines(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  const emit = (line: string) => {
    const text = line.trimEnd();
    if (text !== '') onLine(text);
  };

  function add(text: string) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(emit);
    while (rest.length > lineLengthMax) {
      emit(rest.slice(0, lineLengthMax));
      rest = rest.slice(lineLengthMax);
    }
  }

  return {
    push: (chunk) => add(decoder.write(chunk)),
    end() {
      add(decoder.end());
      emit(rest);
      rest = '';
    },
  };
}
