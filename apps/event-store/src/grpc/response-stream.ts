// Writing to a client at the client's pace: whoever reads slowly makes its own call wait, and nobody else's.
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** A call whose answers are the bytes that `createResponseFrames` makes. */
export type ReadCall = Pick<ServerWritableStream<ReadReq, Buffer>, 'write' | 'writable' | 'on' | 'off'>;

/** A write of this size keeps a connection busy by itself; a second one would only fill the memory. */
const largeWriteBytes = 131_072;

export type SendFrames = (frames: Buffer) => Promise<void>;

/**
 * The function that sends frames over `call`. It resolves when what was sent before is on its way to the client, so
 * that two writes wait at most, and only one where it is large; and when the call is over.
 */
export function createSender(call: ReadCall): SendFrames {
  const waiting = new Set<() => void>();
  let earlier = Promise.resolve();
  call.on('close', () => {
    for (const resolve of waiting) resolve();
  });
  return async (frames) => {
    if (frames.length === 0 || !call.writable) return;
    const turn = earlier;
    earlier = new Promise((resolve) => {
      waiting.add(resolve);
      call.write(frames, () => {
        waiting.delete(resolve);
        resolve();
      });
    });
    await (frames.length > largeWriteBytes ? earlier : turn);
  };
}

/**
 * Serializes frames for grpc-js, which would put a header of its own before what it takes for one message. It copies a
 * message behind the place of that header; these frames bring theirs along, and are copied over it.
 */
export function serializeFrames(frames: Buffer): Buffer {
  const headerBytes = 5;
  const messages = frames.subarray(headerBytes);
  messages.copy = (target) => frames.copy(target);
  return messages;
}
