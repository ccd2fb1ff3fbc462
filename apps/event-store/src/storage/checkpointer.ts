// Keeps the write-ahead log short. The long part of a checkpoint runs in a thread; what was appended meanwhile is
// copied here, between two commits, because only a log without a remainder is begun again from its start.
import { Worker } from 'node:worker_threads';

export type Checkpointer = Readonly<{
  /** To be called after each commit, and outside of transactions. */
  committed: (events: number, bytes: number) => void;
  /** Resolves once no checkpoint is under way. */
  close: () => Promise<void>;
}>;

type CheckpointerDeps = {
  file: string;
  /** Copies what is left, on this thread. */
  finish: () => void;
  onFailed: (cause: unknown) => void;
};

/** The write-ahead log may grow to this before it is copied. */
const walBytesMax = 16 * 1_048_576;
/** An event of a new stream changes about one page of an index beside its own bytes. */
const pageBytes = 4_096;

export function createCheckpointer({ file, finish, onFailed }: CheckpointerDeps): Checkpointer {
  let worker: Worker | undefined;
  let walBytes = 0;
  let running: PromiseWithResolvers<void> | undefined;

  function settle(failure: unknown): void {
    try {
      if (failure instanceof Error) throw failure;
      finish();
    } catch (err) {
      onFailed(err);
    }
    // After a failure too: the next attempt comes after as many bytes, not with every commit.
    walBytes = 0;
    worker?.unref();
    running?.resolve();
    running = undefined;
  }

  function start(): Worker {
    const started = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), { workerData: file });
    started.on('message', settle);
    started.on('error', (err) => {
      worker = undefined;
      settle(err);
    });
    return started;
  }

  return {
    committed(events, bytes) {
      walBytes += events * pageBytes + bytes;
      if (walBytes < walBytesMax || running !== undefined) return;
      running = Promise.withResolvers();
      worker ??= start();
      worker.ref();
      worker.postMessage('checkpoint');
    },
    async close() {
      await running?.promise;
      await worker?.terminate();
    },
  };
}
