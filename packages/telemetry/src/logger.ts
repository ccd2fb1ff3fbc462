// One logger a process, JSON on standard output. The launcher renders it for people in development.
import { type DestinationStream, type Logger, pino } from 'pino';

export type { DestinationStream, Logger };

// Synchronous: otherwise pino hangs for ever at the exit of a process whose reader is gone, as it repeats the EPIPE;
// and a killed process takes its last lines with it. But all lines of one turn of the event loop leave together: under
// load, each would cost as much as a good part of the request that it tells of.
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true, minLength: turnBytesMax });
  let isDue = false;
  function flushSync() {
    isDue = false;
    output.flushSync();
  }
  const destination = {
    write(line: string) {
      output.write(line);
      if (!isDue) setImmediate(flushSync);
      isDue = true;
    },
    flushSync,
    flush(done?: () => void) {
      flushSync();
      done?.();
    },
  };
  return destination;
}

// Below what the destination writes in one go.
const turnBytesMax = 16_000;

export function createLogger(
  service: string,
  level: string,
  destination: DestinationStream = standardOutput(),
): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination);
}
