// One open stream as bytes: the opening, the chunks of its source, and a sign of life whenever there was none for a
// while. Nothing is asked of the source before the client has taken what came before; who takes nothing is cut off.
import { createBell } from './bell.ts';
import { heartbeatText, openingText } from './event-stream-text.ts';
import type { OpenStream, StreamLimits } from './open-streams.ts';
import type { Chunk } from './recent-events.ts';

type StreamOptions = {
  source: AsyncGenerator<Chunk, void, void>;
  /** Tells a client that has not yet received an event from where it would have to go on; `null` when it knows. */
  startsAfter: bigint | null;
  stream: OpenStream;
  limits: Pick<StreamLimits, 'heartbeatMs' | 'blockedMs'>;
  onSent: (events: number) => void;
};

/** Ends when the stream is to end; throws what the source throws. */
export async function* eventStream(options: StreamOptions): AsyncGenerator<Buffer | string, void, void> {
  const { source, stream, limits, onSent } = options;
  const { signal, cut } = stream;
  let reached = options.startsAfter;
  let sentAtMs = performance.now();
  const next = pulling(source, signal);

  async function* sent(bytes: Buffer | string) {
    const blocked = setTimeout(cut, limits.blockedMs).unref();
    try {
      yield bytes;
      sentAtMs = performance.now();
    } finally {
      clearTimeout(blocked);
    }
  }

  yield* sent(openingText + (reached === null ? '' : heartbeatText(reached)));
  for (;;) {
    const silentInMs = sentAtMs + limits.heartbeatMs - performance.now();
    const chunk = silentInMs <= 0 ? 'silence' : await next(silentInMs);
    if (signal.aborted || chunk === 'end') return;
    if (chunk === 'silence') {
      yield* sent(heartbeatText(reached));
      continue;
    }
    if (chunk.events > 0) yield* sent(chunk.bytes);
    onSent(chunk.events);
    // Not before the chunk has left may a heartbeat name the place that it leads to.
    reached = chunk.reached ?? reached;
  }
}

type Settled = { result: IteratorResult<Chunk, void> } | { error: unknown };

/** The next chunk of the source, or `silence` when it has none in time: then it is still under way the next time. */
function pulling(source: AsyncGenerator<Chunk, void, void>, signal: AbortSignal) {
  const bell = createBell();
  const settled: Settled[] = [];
  let pending = false;
  signal.addEventListener('abort', bell.ring, { once: true });

  function settle(how: Settled) {
    settled.push(how);
    bell.ring();
  }

  return async (withinMs: number): Promise<Chunk | 'silence' | 'end'> => {
    if (!pending) {
      pending = true;
      source.next().then(
        (result) => settle({ result }),
        (error: unknown) => settle({ error }),
      );
    }
    const timer = setTimeout(bell.ring, withinMs);
    await bell.rung();
    clearTimeout(timer);
    const next = settled.pop();
    if (next === undefined) return 'silence';
    pending = false;
    if ('error' in next) throw next.error;
    return next.result.done ? 'end' : next.result.value;
  };
}
