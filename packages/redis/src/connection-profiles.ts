// The two ways to connect to Redis: fail at once where somebody waits for the answer, wait where a worker has nothing
// else to do. Neither repeats a command by itself: whether that is safe, only the caller knows.
import type { RedisOptions } from 'ioredis';

const retryStrategy = (attempt: number): number => Math.min(100 * attempt, 1_000);

export const failFast = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2_000,
  connectTimeout: 2_000,
  autoResendUnfulfilledCommands: false,
  retryStrategy,
} satisfies RedisOptions;

/** What BullMQ asks of the connection of a worker, whose blocking calls outlast every time-out. */
export const waitForEver = { maxRetriesPerRequest: null, retryStrategy } satisfies RedisOptions;

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
