// The event store behind the protocol: durable writes, pages of history, and a signal after each commit.
import type { AroundStep } from './durable-steps.ts';
import { type EventLog, openEventLog, type PageRequest } from './event-log.ts';
import {
  metadataStreamOf,
  noEvents,
  ownerOf,
  type RecordedEvent,
  tombstoneNumber,
  type WriteOutcome,
  type WriteRequest,
} from './events.ts';
import { type CommitReport, createGroupCommit } from './group-commit.ts';
import { isSoftDeleted, parseStreamMetadata, type StreamMetadata } from './stream-metadata.ts';
import { visibleRange } from './visible-events.ts';

export type Committed = Readonly<{
  /** In the order of the log. */
  events: readonly RecordedEvent[];
  /** The streams that they belong to. */
  streams: ReadonlySet<string>;
}>;

export type CommitListener = (committed: Committed, report: CommitReport) => void;

/** What a reader meets: `absent` also for a stream whose events were deleted. */
export type StreamPresence = 'absent' | 'present' | 'tombstoned';

type LogReads = Pick<EventLog, 'readAll' | 'lastNumber' | 'lastPosition' | 'figures'>;

/** Reads throw a DamagedRecordError, or what SQLite reports, when the file is damaged. */
export type EventStore = Readonly<{
  dataFolder: string;
  /** Resolves once the outcome is on the disk. Rejects when it may not be: the commit failed, or too much waits. */
  write: (request: WriteRequest) => Promise<WriteOutcome>;
  presenceOf: (stream: string) => StreamPresence;
  /** The next events that the metadata of the stream leaves to be seen; none of a stream that is not present. */
  readStream: (stream: string, page: PageRequest) => RecordedEvent[];
  /** The next events, whatever the metadata says. */
  readWholeStream: (stream: string, page: PageRequest) => RecordedEvent[];
  /** Returns the function that ends the listening. */
  onCommitted: (listener: CommitListener) => () => void;
  lastCommitFailed: () => boolean;
  /** Resolves when everything that waits is committed and answered. */
  flush: () => Promise<void>;
  /** Commits what waits, takes no more, and closes the file. */
  close: () => Promise<void>;
}> &
  LogReads;

export type StoreOptions = {
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Called with the cause each time that a commit fails and its writes are refused. */
  onCommitFailed?: (cause: unknown, writes: number) => void;
  /** Called with the cause when the write-ahead log could not be copied; it grows until a later attempt succeeds. */
  onCheckpointFailed?: (cause: unknown) => void;
  /** For tests that end the process exactly before or after what it does to the disk. */
  aroundStep?: AroundStep;
};

/** Opens or creates the store in `dataFolder`. Throws an UnusableFolderError. */
export function openStore(dataFolder: string, options: StoreOptions = {}): EventStore {
  const { now = Date.now, onCommitFailed = () => {} } = options;
  const log = openEventLog(dataFolder, options);
  const listeners = new Set<CommitListener>();
  const groupCommit = createGroupCommit({
    log,
    now,
    onCommitFailed,
    onCommitted: (events, report) => {
      const committed = { events, streams: new Set(events.map(({ stream }) => stream)) };
      for (const listener of listeners) listener(committed, report);
    },
  });

  function metadataOf(stream: string): StreamMetadata {
    const [newest] = log.readStream(metadataStreamOf(stream), {
      from: Number.MAX_SAFE_INTEGER,
      direction: 'backwards',
      limit: 1,
    });
    return parseStreamMetadata(newest);
  }

  function presenceOf(stream: string): StreamPresence {
    const owner = ownerOf(stream);
    const last = log.lastNumber(stream);
    const isEnded = last === tombstoneNumber || (owner !== undefined && log.lastNumber(owner) === tombstoneNumber);
    if (isEnded) return 'tombstoned';
    return last === noEvents || isSoftDeleted(metadataOf(stream)) ? 'absent' : 'present';
  }

  function readStream(stream: string, page: PageRequest): RecordedEvent[] {
    const range = visibleRange(stream, log.lastNumber(stream), metadataOf(stream), now());
    if (range === undefined) return [];
    const { fromNumber, createdFromMs } = range;
    if (page.direction === 'forwards')
      return log.readStream(stream, { ...page, from: Math.max(page.from, fromNumber), createdFromMs });
    return log.readStream(stream, { ...page, createdFromMs }).filter(({ number }) => number >= fromNumber);
  }

  return {
    dataFolder,
    write: groupCommit.write,
    presenceOf,
    readStream,
    readWholeStream: log.readStream,
    readAll: log.readAll,
    lastNumber: log.lastNumber,
    lastPosition: log.lastPosition,
    figures: log.figures,
    onCommitted: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastCommitFailed: groupCommit.lastCommitFailed,
    flush: groupCommit.flush,
    close: async () => {
      await groupCommit.close();
      await log.close();
    },
  };
}
