// Group commit: all appends that wait when a commit starts share one transaction, and so one fsync. An append is
// answered only after the commit that holds it returned. When a commit fails, every append in it is refused, and
// nothing of it stays in memory.
import { createAppendQueue, type WaitingAppend } from './append-queue.ts';
import { createAppendTransaction } from './append-transaction.ts';
import type { EventLog } from './event-log.ts';
import type { AppendOutcome, AppendRequest, RecordedEvent } from './events.ts';
import { createRecentIds } from './recent-ids.ts';

export type CommitReport = { seconds: number };

type GroupCommitDeps = {
  log: EventLog;
  now: () => number;
  /** Called after each commit that stored something, with its events in the order of the log. */
  onCommitted: (events: readonly RecordedEvent[], report: CommitReport) => void;
  onCommitFailed: (cause: unknown, appends: number) => void;
};

/** The store cannot take the append now; nothing of it was stored. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** The disk refused the commit. Whether the append is there after a restart is not known. */
export class CommitFailedError extends Error {
  override readonly name = 'CommitFailedError';
}

export function createGroupCommit({ log, now, onCommitted, onCommitFailed }: GroupCommitDeps) {
  const queue = createAppendQueue();
  const recentIds = createRecentIds();
  let endPosition = log.endPosition();
  let lastCommitFailed = false;
  let closed = false;

  function commitNextGroup(): void {
    const group = queue.takeGroup();
    if (!queue.isEmpty()) setImmediate(commitNextGroup);
    if (group.length > 0) commit(group);
  }

  function commit(group: readonly WaitingAppend[]): void {
    const started = performance.now();
    const transaction = createAppendTransaction(log, recentIds, { position: endPosition, createdMs: now() });
    let outcomes: AppendOutcome[];
    try {
      outcomes = log.transaction(() => group.map(({ request }) => transaction.append(request)));
    } catch (err) {
      recentIds.drop();
      lastCommitFailed = true;
      for (const { reject } of group) reject(new CommitFailedError('the commit failed', { cause: err }));
      onCommitFailed(err, group.length);
      return;
    }
    recentIds.keep();
    endPosition = transaction.endPosition();
    for (const [index, outcome] of outcomes.entries()) group[index]?.resolve(outcome);
    if (transaction.written.length === 0) return; // Nothing went to the disk, which proves nothing about it.
    lastCommitFailed = false;
    onCommitted(transaction.written, { seconds: (performance.now() - started) / 1_000 });
  }

  function append(request: AppendRequest): Promise<AppendOutcome> {
    if (closed) return Promise.reject(new StoreUnavailableError('Server Is Shutting Down'));
    return new Promise((resolve, reject) => {
      // What arrives in the same turn of the event loop joins the group of the first.
      if (queue.isEmpty()) setImmediate(commitNextGroup);
      if (!queue.push({ request, resolve, reject })) reject(new StoreUnavailableError('Server Is Too Busy'));
    });
  }

  function flush(): void {
    while (!queue.isEmpty()) commitNextGroup();
  }

  function close(): void {
    closed = true;
    flush();
  }

  return { append, flush, close, lastCommitFailed: () => lastCommitFailed };
}
