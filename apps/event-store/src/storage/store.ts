// The event store behind the protocol: durable appends, pages of history, and a signal after each commit.
import { type EventLog, openEventLog } from './event-log.ts';
import type { AppendOutcome, AppendRequest, RecordedEvent } from './events.ts';
import { type CommitReport, createGroupCommit } from './group-commit.ts';

export type CommitListener = (events: readonly RecordedEvent[], report: CommitReport) => void;

type LogReads = Pick<EventLog, 'readStream' | 'readAll' | 'lastNumber' | 'lastPosition' | 'countEvents'>;

export type EventStore = Readonly<{
  dataFolder: string;
  /** Resolves once the outcome is on the disk. Rejects when it may not be: the commit failed, or too much waits. */
  append: (request: AppendRequest) => Promise<AppendOutcome>;
  /** Returns the function that ends the listening. */
  onCommitted: (listener: CommitListener) => () => void;
  lastCommitFailed: () => boolean;
  /** Commits what waits, now. */
  flush: () => void;
  /** Commits what waits, takes no more, and closes the file. */
  close: () => void;
}> &
  LogReads;

export type StoreOptions = {
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Called with the cause each time that a commit fails and its appends are refused. */
  onCommitFailed?: (cause: unknown, appends: number) => void;
};

/** Opens or creates the store in `dataFolder`. Throws, with one line, when another process has it open. */
export function openStore(
  dataFolder: string,
  { now = Date.now, onCommitFailed = () => {} }: StoreOptions = {},
): EventStore {
  const log = openEventLog(dataFolder);
  const listeners = new Set<CommitListener>();
  const groupCommit = createGroupCommit({
    log,
    now,
    onCommitFailed,
    onCommitted: (events, report) => {
      for (const listener of listeners) listener(events, report);
    },
  });
  return {
    dataFolder,
    append: groupCommit.append,
    readStream: log.readStream,
    readAll: log.readAll,
    lastNumber: log.lastNumber,
    lastPosition: log.lastPosition,
    countEvents: log.countEvents,
    onCommitted: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastCommitFailed: groupCommit.lastCommitFailed,
    flush: groupCommit.flush,
    close: () => {
      groupCommit.close();
      log.close();
    },
  };
}
