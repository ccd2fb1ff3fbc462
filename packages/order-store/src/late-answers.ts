// All clients of a process keep their pending appends in one table. When a stream of one of them breaks, all are
// rejected and forgotten, and every answer that another stream still brings to one of them is a TypeError in the middle
// of gRPC: it would end the process. Nobody waits for such an answer any more: each append was sent again meanwhile.
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';

type Handler = (...args: unknown[]) => void;
type AppendStream = { on: (event: string, handler: Handler) => AppendStream };
type BatchAppend = (...args: unknown[]) => AppendStream;

const tolerant: WeakSet<BatchAppend> = new WeakSet();

/** Holds for every client of this process, from the next connection on; a second call changes nothing. */
export function dropLateAnswers(): void {
  const streams = StreamsClient.prototype as unknown as { batchAppend: BatchAppend };
  const open = streams.batchAppend;
  if (tolerant.has(open)) return;
  function openTolerantly(this: unknown, ...args: unknown[]): AppendStream {
    const stream = open.apply(this, args);
    const listen = stream.on.bind(stream);
    stream.on = (event, handler) => listen(event, event === 'data' ? forgiving(handler) : handler);
    return stream;
  }
  tolerant.add(openTolerantly);
  streams.batchAppend = openTolerantly;
}

const forgiving =
  (handler: Handler): Handler =>
  (...args) => {
    try {
      handler(...args);
    } catch (error) {
      // What the client throws when its table does not have the append; anything else is news.
      if (!(error instanceof TypeError && error.message.includes('is not iterable'))) throw error;
    }
  };
