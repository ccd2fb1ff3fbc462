// One logger a process, JSON on standard output. The launcher renders it for people in development.
import { type DestinationStream, type Logger, pino } from 'pino';

export type { DestinationStream, Logger };

export function createLogger(
  service: string,
  level: string,
  destination: DestinationStream = pino.destination(1),
): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination);
}
