// Lets all writes of one turn of the event loop share one transaction, and with it one sync of the disk: the disk then
// bounds how long an order takes, and hardly how many of them there can be.
import type { DatabaseSync } from 'node:sqlite';

/** A transaction failed: disk and memory may differ, and only the next start can tell. */
export class CommitError extends Error {
  override readonly name = 'CommitError';
}

// Bounds how long one transaction keeps the event loop; what is left waits for the next turn.
const batchSizeMax = 1_000;

/** `write` runs inside of a transaction; what it throws fails the whole batch, and all that come after it. */
export function groupCommit<Item, Result>(db: DatabaseSync, write: (item: Item) => Result) {
  const waiting: { item: Item; committed: PromiseWithResolvers<Result> }[] = [];
  let failure: CommitError | undefined;

  function throwIfFailed() {
    if (failure) throw failure;
  }

  function commitBatch() {
    const batch = waiting.splice(0, batchSizeMax);
    if (batch.length === 0) return;
    if (waiting.length > 0) setImmediate(commitBatch);
    try {
      throwIfFailed();
      db.exec('BEGIN IMMEDIATE');
      const written = batch.map(({ item, committed }) => ({ result: write(item), committed }));
      db.exec('COMMIT');
      for (const { result, committed } of written) committed.resolve(result);
    } catch (cause) {
      failure ??= new CommitError('the ledger cannot be written; restart the exchange', { cause });
      for (const { committed } of batch) committed.reject(failure);
    }
  }

  return {
    throwIfFailed,
    /** Resolves after the commit. Rejects with {@link CommitError}. */
    submit: (item: Item): Promise<Result> => {
      const committed = Promise.withResolvers<Result>();
      if (waiting.push({ item, committed }) === 1) setImmediate(commitBatch);
      return committed.promise;
    },
    /** Commits at once what is waiting. */
    flush: () => {
      while (waiting.length > 0) commitBatch();
    },
  };
}
