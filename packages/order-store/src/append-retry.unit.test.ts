import {
  AccessDeniedError,
  CancelledError,
  type AppendResult as ClientAppendResult,
  StreamDeletedError,
  UnavailableError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { appendUntilKnown } from './append-retry.ts';
import { NoAnswerError } from './deadline.ts';

const limits = { tryTimeoutMs: 200, budgetMs: 1_000 };
const success: ClientAppendResult = { success: true, nextExpectedRevision: 0n, position: { commit: 7n, prepare: 7n } };
const grpcError = (code: number) => Object.assign(new Error('grpc'), { code, details: '', metadata: undefined });
const unavailable = new UnavailableError(grpcError(14) as never);
const cancelled = new CancelledError(grpcError(1) as never);

/** Fails with each of the errors in turn, then succeeds; the last one again and again when `forEver`. */
function sending(failures: unknown[], { forEver = false } = {}) {
  const sent = { tries: 0 };
  const send = async () => {
    const failure = failures[forEver ? Math.min(sent.tries, failures.length - 1) : sent.tries];
    sent.tries += 1;
    if (failure instanceof Promise) return failure as Promise<ClientAppendResult>;
    if (failure !== undefined) throw failure;
    return success;
  };
  return { sent, send };
}

const observed = () => {
  const seen: unknown[] = [];
  const observer = {
    answered: () => {
      seen.push('answered');
    },
    failed: (error: unknown) => {
      seen.push(error);
    },
  };
  return { seen, observer };
};

describe('appendUntilKnown', () => {
  it('answers with revision and position of what was stored', async () => {
    const { send } = sending([]);
    expect(await appendUntilKnown(send, limits, observed().observer)).toEqual({
      kind: 'stored',
      revision: 0n,
      position: { commit: 7n, prepare: 7n },
    });
  });

  it('sends again after an outcome that is not known, and tells what it saw', async () => {
    const { send, sent } = sending([unavailable, cancelled, new Promise(() => undefined)]);
    const { seen, observer } = observed();
    expect(await appendUntilKnown(send, limits, observer)).toMatchObject({ kind: 'stored' });
    expect(sent.tries).toBe(4);
    expect(seen).toEqual([unavailable, cancelled, expect.any(NoAnswerError), 'answered']);
  });

  it('reports the conflict with a rival, and does not send again', async () => {
    const rival = Object.create(WrongExpectedVersionError.prototype) as WrongExpectedVersionError;
    const { send, sent } = sending([rival]);
    expect(await appendUntilKnown(send, limits, observed().observer)).toEqual({ kind: 'conflict' });
    expect(sent.tries).toBe(1);
  });

  it('gives up with an unknown outcome when no answer came within the budget', async () => {
    const { send, sent } = sending([new Promise(() => undefined)], { forEver: true });
    const failure = appendUntilKnown(send, limits, observed().observer);
    await expect(failure).rejects.toMatchObject({ name: 'AppendError', outcome: 'unknown' });
    expect(sent.tries).toBeGreaterThan(1);
  });

  it('knows that nothing was stored when the connection was never made', async () => {
    const { send } = sending([grpcError(14)], { forEver: true });
    const failure = appendUntilKnown(send, limits, observed().observer);
    await expect(failure).rejects.toMatchObject({ outcome: 'not-stored' });
  });

  it('stays with unknown when one of the tries may have been stored', async () => {
    const { send } = sending([unavailable, grpcError(14)], { forEver: true });
    const failure = appendUntilKnown(send, limits, observed().observer);
    await expect(failure).rejects.toMatchObject({ outcome: 'unknown' });
  });

  it.each([
    ['access denied', Object.create(AccessDeniedError.prototype) as Error],
    ['a deleted stream', Object.create(StreamDeletedError.prototype) as Error],
  ])('does not send again what the event store refuses: %s', async (_name, refusal) => {
    const { send, sent } = sending([refusal]);
    const failure = appendUntilKnown(send, limits, observed().observer);
    await expect(failure).rejects.toMatchObject({ outcome: 'not-stored' });
    expect(sent.tries).toBe(1);
  });
});
