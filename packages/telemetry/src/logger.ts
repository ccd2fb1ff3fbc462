// One logger a process, JSON on standard output. The launcher renders it for people in development.
import { type DestinationStream, type Logger, pino } from 'pino';
import { errorRecord } from './error-record.ts';

export type { DestinationStream, Logger };

// Synchronous: otherwise pino hangs for ever at the exit of a process whose reader is gone, as it repeats the EPIPE;
// and a killed process takes its last lines with it. But all lines of one turn of the event loop leave together: under
// load, each would cost as much as a good part of the request that it tells of.
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true });
  let lines = '';
  let isDue = false;

  // By `write`, and not by a flush of the destination's own, which repeats the EPIPE as well, and waits for the disk.
  function flushSync() {
    isDue = false;
    const text = lines;
    lines = '';
    if (text !== '') output.write(text);
  }

  const destination = {
    write(line: string) {
      lines += line;
      if (lines.length >= turnLengthMax) flushSync();
      else if (!isDue) setImmediate(flushSync);
      isDue = lines !== '';
    },
    /** Called by pino behind a fatal line. */
    flushSync,
    /** Called by the `flush` of a logger. */
    flush(done?: () => void) {
      flushSync();
      done?.();
    },
  };
  return destination;
}

// A turn that writes more does not keep all of it in memory.
const turnLengthMax = 16_384;

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
    serializers: { err: errorRecord, error: errorRecord, cause: errorRecord },
  };
  return pino(options, destination);
}
