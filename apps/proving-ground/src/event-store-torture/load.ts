// The threads that use the event store while it is killed, and what they tell. Threads, because each has the client's
// modules, and so its table of pending appends, for itself.
import { Worker } from 'node:worker_threads';
import type { Random } from '../seeded-random.ts';
import type { Answer, LoggedEvent } from './history.ts';
import { createSignals, inFlightOf, writingOf } from './load-signals.ts';

export type AppendMode = 'batch' | 'unary';

export type SubscriberSettings = { url: string };
export type WriterSettings = {
  url: string;
  number: number;
  mode: AppendMode;
  seed: number;
  signals: SharedArrayBuffer;
};

export type SubscriberMessage = { kind: 'shown'; events: LoggedEvent[] };
export type WriterMessage =
  | { kind: 'answered'; answer: Answer }
  /** An append was sent and failed, for the first time: its outcome is unknown. */
  | { kind: 'unknown' }
  /** An append with an exact revision was refused, although nobody else writes to its stream. */
  | { kind: 'refused'; append: string; expected: string; found: string }
  | { kind: 'finished' };

const writers: readonly AppendMode[] = ['batch', 'unary', 'batch'];

type LoadOptions = {
  url: string;
  random: Random;
  onWriterMessage: (message: WriterMessage) => void;
  onShown: (event: LoggedEvent) => void;
};

export type Load = {
  appendsInFlight: () => number;
  suspendWriting: () => void;
  resumeWriting: () => void;
  /** Resolves once every writer has its last answer. */
  stopWriting: () => Promise<void>;
  /** Rejects when a thread fails, which is no finding about the event store. */
  failed: Promise<never>;
  end: () => Promise<void>;
};

export function startLoad({ url, random, onWriterMessage, onShown }: LoadOptions): Load {
  const signals = createSignals(writers.length);
  const writing = writingOf(signals);
  const failure = Promise.withResolvers<never>();
  const finished = Promise.withResolvers<void>();
  // It may happen while nobody looks: whoever looks next is told.
  failure.promise.catch(() => undefined);
  let writersLeft = writers.length;

  function startThread<Message>(file: string, data: object, onMessage: (message: Message) => void): Worker {
    // The client lets rejections escape that are no loss: the same append is still waited for, and fails on its own.
    const execArgv = ['--unhandled-rejections=none', '--disable-warning=ExperimentalWarning'];
    const thread = new Worker(new URL(file, import.meta.url), { workerData: data, execArgv });
    thread.on('message', onMessage);
    thread.on('error', failure.reject);
    return thread;
  }

  const hear = (message: WriterMessage) => {
    onWriterMessage(message);
    if (message.kind !== 'finished') return;
    writersLeft -= 1;
    if (writersLeft === 0) finished.resolve();
  };
  const threads = writers.map((mode, number) => {
    const settings: WriterSettings = { url, number, mode, seed: random.below(2 ** 32), signals };
    return startThread('./writer-thread.ts', settings, hear);
  });
  const subscriberSettings: SubscriberSettings = { url };
  const subscriber = startThread<SubscriberMessage>('./subscriber-thread.ts', subscriberSettings, ({ events }) =>
    events.forEach(onShown),
  );
  return {
    appendsInFlight: () => writers.reduce((sum, _, number) => sum + inFlightOf(signals, number).count(), 0),
    suspendWriting: () => writing.set('suspended'),
    resumeWriting: () => writing.set('going on'),
    stopWriting() {
      writing.set('over');
      return finished.promise;
    },
    failed: failure.promise,
    async end() {
      await Promise.all([...threads, subscriber].map((thread) => thread.terminate()));
    },
  };
}
