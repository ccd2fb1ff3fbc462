import { runOrders } from '../src/run-orders.ts';

/** The command line, with all that it writes. */
export async function orders(argv: readonly string[], { input = '', env = {} } = {}) {
  let output = '';
  let errors = '';
  const code = await runOrders({
    argv,
    env,
    write: (text) => {
      output += text;
    },
    writeError: (text) => {
      errors += text;
    },
    readInput: async function* () {
      yield input;
    },
  });
  return { code, output, errors };
}
