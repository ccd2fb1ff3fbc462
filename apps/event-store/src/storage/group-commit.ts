// Group commit: all writes that wait share one transaction, and so one wait for the disk; meanwhile the next
// transaction is executed, and no third. A write is answered only after the disk has its transaction; when that fails,
// every write in it is refused.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventLog } from './event-log.ts';
import type { RecordedEvent, WriteOutcome, WriteRequest } from './events.ts';
import { createRecentIds } from './recent-ids.ts';
import { createWriteQueue, type WaitingWrite } from './write-queue.ts';
import { createWriteTransaction } from './write-transaction.ts';

export type CommitReport = Readonly<{ writes: number; seconds: number }>;

type GroupCommitDeps = {
  log: EventLog;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Called after each commit that stored something, with its events in the order of the log. */
  onCommitted: (events: readonly RecordedEvent[], report: CommitReport) => void;
  onCommitFailed: (cause: unknown, writes: number) => void;
};

/** The store cannot take the write now; nothing of it was stored. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** The disk refused the commit. Whether the write is there after a restart is not known. */
export class CommitFailedError extends Error {
  override readonly name = 'CommitFailedError';
}

type ExecutedGroup = {
  group: readonly WaitingWrite[];
  started: number;
  result: { outcomes: readonly WriteOutcome[]; written: readonly RecordedEvent[] } | { cause: unknown };
};

export function createGroupCommit({ log, now, onCommitted, onCommitFailed }: GroupCommitDeps) {
  const queue = createWriteQueue();
  const recentIds = createRecentIds();
  let committing: Promise<void> | undefined;
  let newest: Promise<WriteOutcome> | undefined;
  let lastCommitFailed = false;
  let closed = false;
  /** The disk lost what SQLite believes to be written: what is in memory cannot be trusted any more. */
  let isBroken = false;

  async function commitGroups(): Promise<void> {
    let settled: Promise<void> = Promise.resolve();
    // What arrives in the same turn of the event loop joins the group of the first.
    await nextTurn();
    while (!queue.isEmpty()) {
      const executed = execute(queue.takeGroup());
      await settled;
      settled = settle(executed);
      // While the disk works on this group, the next one is executed, but no third.
      await nextTurn();
      if (queue.isEmpty()) await settled;
    }
    committing = undefined;
  }

  /** One transaction, not on the disk yet. */
  function execute(group: readonly WaitingWrite[]): ExecutedGroup {
    const started = performance.now();
    const { write: writeOne, written } = createWriteTransaction({ log, recentIds, nowMs: now() });
    try {
      if (isBroken) throw new Error('an earlier commit did not reach the disk: restart the event store');
      const outcomes = log.transaction(() => group.map(({ request }) => writeOne(request)));
      recentIds.keep();
      return { group, started, result: { outcomes, written } };
    } catch (cause) {
      recentIds.drop();
      return { group, started, result: { cause } };
    }
  }

  async function settle({ group, started, result }: ExecutedGroup): Promise<void> {
    if ('cause' in result) return refuse(group, result.cause);
    const { outcomes, written } = result;
    try {
      // A transaction that executed on top of one which the disk then lost has nothing to stand on.
      if (isBroken) throw new Error('an earlier commit did not reach the disk: restart the event store');
      if (written.length > 0) await sync();
    } catch (err) {
      return refuse(group, err);
    }
    for (const [index, outcome] of outcomes.entries()) group[index]?.resolve(outcome);
    if (written.length === 0) return; // Nothing went to the disk, which proves nothing about it.
    lastCommitFailed = false;
    onCommitted(written, { writes: group.length, seconds: (performance.now() - started) / 1_000 });
  }

  // Trying again proves nothing: after a failed fsync the kernel may count what it could not write as written.
  const sync = () =>
    log.sync().catch((err: unknown) => {
      isBroken = true;
      throw err;
    });

  function refuse(group: readonly WaitingWrite[], cause: unknown): void {
    lastCommitFailed = true;
    for (const { reject } of group) reject(new CommitFailedError('the commit failed', { cause }));
    onCommitFailed(cause, group.length);
  }

  function write(request: WriteRequest): Promise<WriteOutcome> {
    if (closed) return Promise.reject(new StoreUnavailableError('Server Is Shutting Down'));
    const { promise, resolve, reject } = Promise.withResolvers<WriteOutcome>();
    if (!queue.push({ request, resolve, reject }))
      return Promise.reject(new StoreUnavailableError('Server Is Too Busy'));
    newest = promise;
    committing ??= commitGroups();
    return promise;
  }

  /** Resolves when everything that waits now is answered, whatever comes after it. */
  async function flush(): Promise<void> {
    // Writes are answered in the order in which they came.
    await Promise.allSettled([newest]);
  }

  async function close(): Promise<void> {
    closed = true;
    await committing;
  }

  return { write, flush, close, lastCommitFailed: () => lastCommitFailed };
}
