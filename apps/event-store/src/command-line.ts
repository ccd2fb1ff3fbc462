// What can be said on the command line. Each option stands for the setting of the same meaning, and wins over it.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export type CommandLine =
  | { kind: 'start' | 'verify'; settings: Readonly<Record<string, string>> }
  | { kind: 'help' }
  | { kind: 'unusable'; problem: string };

export const usage = `Usage: event-store [start|verify] [--data DIR] [--port N] [--host ADDRESS]

An event store that speaks the gRPC protocol of EventStoreDB, in one process and one folder, for development and for a
single machine.

  start           Serves until it gets SIGINT (Ctrl-C) or SIGTERM. Assumed when no command is given.
  verify          Reads everything that is stored, compares it with its checksums, and says what it found. Needs the
                  folder for itself. The exit code is 0 for a whole log, 1 for a damaged one.

  --data DIR      The folder that holds the events (EVENT_STORE_DATA, ./data/event-store)
  --port N        The port for gRPC and HTTP (EVENT_STORE_PORT, 2113); 0 takes a free one
  --host ADDRESS  The address to listen on (EVENT_STORE_HOST, 127.0.0.1)
  --help          Shows this.

Connect with      esdb://127.0.0.1:2113?tls=false
Over HTTP/1.1     /health/live  /health/ready  /info  /stats  /metrics
`;

/** `folder` is where a relative folder begins. */
export function parseCommandLine(args: readonly string[], folder: string): CommandLine {
  // pnpm hands over the -- that separates its own arguments from ours.
  const own = args.filter((arg) => arg !== '--');
  try {
    const { values, positionals } = parseArgs({ args: own, options, allowPositionals: true });
    if (values.help) return { kind: 'help' };
    const [command = 'start', ...rest] = positionals;
    if (rest.length > 0 || (command !== 'start' && command !== 'verify'))
      return { kind: 'unusable', problem: `unknown argument: ${rest[0] ?? command}` };
    const { data, port, host } = values;
    const settings = {
      ...(data !== undefined && { EVENT_STORE_DATA: resolve(folder, data) }),
      ...(port !== undefined && { EVENT_STORE_PORT: port }),
      ...(host !== undefined && { EVENT_STORE_HOST: host }),
    };
    const empty = Object.keys(values).find((name) => values[name as keyof typeof values] === '');
    return empty === undefined
      ? { kind: command, settings }
      : { kind: 'unusable', problem: `--${empty} needs a value` };
  } catch (err) {
    return { kind: 'unusable', problem: (err as Error).message };
  }
}

const options = {
  data: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;
