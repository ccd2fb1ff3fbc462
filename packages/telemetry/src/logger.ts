// One logger a process, JSON on standard output. The launcher renders it for people in development.
import { type Logger, pino } from 'pino';

export type { Logger };

export const createLogger = (service: string, level: string): Logger =>
  pino({
    level,
    base: { service, pid: process.pid },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
