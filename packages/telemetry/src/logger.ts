// One logger a process, JSON on standard output. The launcher renders it for people in development.
import { type DestinationStream, type Logger, pino } from 'pino';

export type { DestinationStream, Logger };

// Synchronous: otherwise pino hangs for ever at the exit of a process whose reader is gone, as it repeats the EPIPE;
// and a killed process takes its last lines with it.
const standardOutput = () => pino.destination({ dest: 1, sync: true });

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
