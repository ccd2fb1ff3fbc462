// Writing to a client at the client's pace: whoever reads slowly makes its own call wait, and nobody else's.
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';

export type ReadCall = Pick<ServerWritableStream<unknown, ReadResp>, 'write' | 'writable' | 'on' | 'off'>;

/** Resolves at once, or when the client has taken enough of what was written before, or when the call is over. */
export async function send(call: ReadCall, message: ReadResp): Promise<void> {
  if (!call.writable || call.write(message)) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      call.off('drain', settle);
      call.off('close', settle);
      resolve();
    };
    call.on('drain', settle);
    call.on('close', settle);
  });
}
