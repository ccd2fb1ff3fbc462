// The real event store as a process, which can be killed and started again on the same data folder and port.
import { watch } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ManagedProcess, type ProcessExit, startProcess } from '@orders/local-system/managed-process';
import { waitUntilReady } from '@orders/local-system/readiness';

const mainFile = resolve(import.meta.dirname, '../../../event-store/src/main.ts');
/** Above what the server itself gives its shutdown. */
const stopWithinMs = 30_000;
const lastWordsLines = 4;

export type DoomedServer = {
  url: string;
  start: () => void;
  /** Milliseconds from the start; rejects when the server ends before it is ready. */
  ready: () => Promise<number>;
  kill: () => Promise<ProcessExit>;
  /** Resolves when the file of the log is written to, to whether that happened in time. */
  checkpoint: (limits: { withinMs: number }) => Promise<boolean>;
  lastWords: () => string;
  /** SIGTERM, and nothing else. */
  terminate: () => void;
  /** SIGTERM, and the way out that the server takes. */
  stop: () => Promise<ProcessExit>;
};

export function doomedServer({ dataFolder, port }: { dataFolder: string; port: number }): DoomedServer {
  let server: ManagedProcess | undefined;
  let startedMs = 0;

  function running(): ManagedProcess {
    if (server === undefined) throw new Error('the event store was not started');
    return server;
  }

  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    start() {
      startedMs = performance.now();
      server = startProcess({
        name: 'event-store',
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', mainFile],
        env: { EVENT_STORE_DATA: dataFolder, EVENT_STORE_PORT: String(port) },
      });
    },
    async ready() {
      const readiness = { kind: 'http', url: `http://127.0.0.1:${port}/health/ready` } as const;
      await waitUntilReady(running(), { readiness, signal: new AbortController().signal });
      return performance.now() - startedMs;
    },
    kill() {
      running().kill('SIGKILL');
      return running().exited;
    },
    checkpoint: ({ withinMs }) => isWrittenTo(dataFolder, 'events.sqlite', AbortSignal.timeout(withinMs)),
    lastWords: () => running().recentLines().slice(-lastWordsLines).join('\n'),
    terminate: () => running().kill('SIGTERM'),
    stop: () => running().stop(stopWithinMs),
  };
}

// SQLite appends to the write-ahead log only: the file itself changes when that is copied.
async function isWrittenTo(folder: string, file: string, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const { filename } of watch(folder, { signal })) if (filename === file) return true;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return false;
}
