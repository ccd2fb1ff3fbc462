// Sends one append again until its outcome is known or the time is up. Safe because the events carry derived ids and an
// exact expected revision: the event store recognises a repeat, however late.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AccessDeniedError,
  type AppendResult as ClientAppendResult,
  InvalidArgumentError,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { withinMs } from './deadline.ts';
import { AppendError, type AppendFailure, type AppendResult } from './order-store.ts';

export type AppendLimits = {
  /** One try is given up after this time. */
  tryTimeoutMs: number;
  /** No try begins later than this, and none is waited for longer. */
  budgetMs: number;
};

export type AppendObserver = { answered: () => void; failed: (error: unknown, begunAtMs: number) => void };

const firstPauseMs = 25;
const longestPauseMs = 400;
// A try that no answer can reach in time would only turn what is certain into what is not.
const shortestTryMs = 50;
const grpcUnavailable = 14;

/**
 * Rejects with {@link AppendError} when the outcome is still not known, or known to be nothing, at the end of the
 * budget.
 */
export async function appendUntilKnown(
  send: () => Promise<ClientAppendResult>,
  { tryTimeoutMs, budgetMs }: AppendLimits,
  observer: AppendObserver,
): Promise<AppendResult> {
  const deadline = performance.now() + budgetMs;
  let outcome: AppendFailure = 'not-stored';
  let lastError: unknown;
  for (let tries = 0; ; tries += 1) {
    const begunAtMs = performance.now();
    const leftMs = deadline - begunAtMs;
    if (leftMs <= 0) throw givenUp(outcome, tries, lastError);
    try {
      const { nextExpectedRevision: revision, position } = await withinMs(Math.min(tryTimeoutMs, leftMs), send());
      observer.answered();
      // A repeat of events that have since been truncated has no position; order streams are never truncated.
      if (position === undefined) throw new AppendError('unknown', 'the event store named no log position');
      return { kind: 'stored', revision, position };
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) return { kind: 'conflict' };
      if (error instanceof AppendError) throw error;
      if (isRefusal(error)) throw new AppendError(outcome, 'the event store refused the append', { cause: error });
      if (!wasNeverSent(error)) outcome = 'unknown';
      lastError = error;
      observer.failed(error, begunAtMs);
    }
    const pause = pauseMs(tries);
    if (deadline - performance.now() - pause < shortestTryMs) throw givenUp(outcome, tries + 1, lastError);
    await sleep(pause);
  }
}

const givenUp = (outcome: AppendFailure, tries: number, cause: unknown): AppendError =>
  new AppendError(outcome, `append given up after ${tries} tries`, { cause });

const isRefusal = (error: unknown): boolean =>
  error instanceof AccessDeniedError ||
  error instanceof MaxAppendSizeExceededError ||
  error instanceof StreamDeletedError ||
  error instanceof InvalidArgumentError;

// The client asks the server for its features before the first append of a connection. When that call finds nobody, it
// rejects with gRPC's own error, where every failure of the append itself arrives as one of the client's typed errors.
const wasNeverSent = (error: unknown): boolean =>
  error instanceof Error && !('type' in error) && 'code' in error && error.code === grpcUnavailable;

const pauseMs = (tries: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** tries) * (0.5 + Math.random() / 2);
