import { runOrders } from '../src/run-orders.ts';

/** The command line, with all that it writes. */
export async function orders(
  argv: readonly string[],
  { input = '', env = {}, signal = new AbortController().signal, onOutput = (_text: string): void => undefined } = {},
) {
  let output = '';
  let errors = '';
  const code = await runOrders({
    argv,
    env,
    write: (text) => {
      output += text;
      onOutput(text);
    },
    writeError: (text) => {
      errors += text;
    },
    drained: async () => undefined,
    blockBytes: 4_096,
    columns: { output: null, errors: null },
    paint: (_format, text) => text,
    stopping: () => signal,
    readInput: async function* () {
      yield input;
    },
  });
  return { code, output, errors };
}
