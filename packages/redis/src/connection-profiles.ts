// The two ways to connect to Redis: fail at once where somebody waits for the answer, wait where a worker has nothing
// else to do. Neither repeats a command by itself: whether that is safe, only the caller knows.
import type { RedisOptions } from 'ioredis';

const retryStrategy = (attempt: number): number => Math.min(100 * attempt, 1_000);

// A master that was made a replica keeps its connections and refuses every write: the new one has to be looked up. The
// command itself is not sent again. A script of Redis 6 puts other words in front of it.
const reconnectOnError = ({ message }: Error): boolean => /(^|-)READONLY /.test(message);

export const failFast = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2_000,
  connectTimeout: 2_000,
  autoResendUnfulfilledCommands: false,
  retryStrategy,
  reconnectOnError,
} satisfies RedisOptions;

/** What BullMQ asks of the connection of a worker, whose blocking calls outlast every time-out. */
export const waitForEver = { maxRetriesPerRequest: null, retryStrategy, reconnectOnError } satisfies RedisOptions;

type ErrorEmitter = { on: (event: 'error', listener: (error: Error) => void) => unknown };

const quietMs = 5_000;

/** ioredis needs a listener, or it prints what it reports; one line every five seconds says as much as a thousand. */
export function reportErrors(emitter: ErrorEmitter, report: (error: Error) => void): void {
  let lastReport = Number.NEGATIVE_INFINITY;
  emitter.on('error', (error: Error) => {
    const now = performance.now();
    if (now - lastReport < quietMs) return;
    lastReport = now;
    report(error);
  });
}
