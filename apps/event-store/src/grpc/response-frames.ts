// Answers as bytes, ready for the wire: gRPC's header of five bytes and a message, as often as something was added.
// Many messages leave in one write: grpc-js begins the next write only when the one before was taken, and a write costs
// server and client more than a message does.
import { planEventMessage, type UuidForm, writeEventMessage } from './event-encoding.ts';
import type { ResolvedEvent } from './links.ts';

export type ResponseFrames = Readonly<{
  event: (resolved: ResolvedEvent, uuidForm: UuidForm) => void;
  message: (message: { serializeBinary(): Uint8Array }) => void;
  /** All that was added since the last call; empty without. */
  take: () => Buffer;
}>;

const headerBytes = 5;
const nothing = Buffer.alloc(0);

export function createResponseFrames(): ResponseFrames {
  let buffer = nothing;
  let end = 0;
  /** The last write is the best guess at the next one: growing from nothing each time would leave much garbage. */
  let expectedBytes = 0;

  /** Makes room for a message of this length, writes its header, and returns where it begins. */
  function begin(length: number): number {
    const start = end + headerBytes;
    if (start + length > buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(expectedBytes, 2 * buffer.length, start + length));
      buffer.copy(grown, 0, 0, end);
      buffer = grown;
    }
    buffer[end] = 0; // Not compressed.
    buffer.writeUInt32BE(length, end + 1);
    end = start + length;
    return start;
  }

  return {
    event: (resolved, uuidForm) => {
      const plan = planEventMessage(resolved, uuidForm);
      const start = begin(plan.length);
      writeEventMessage(buffer, start, plan);
    },
    message: (response) => {
      const bytes = response.serializeBinary();
      const start = begin(bytes.length);
      buffer.set(bytes, start);
    },
    take: () => {
      const taken = buffer.subarray(0, end);
      buffer = nothing;
      expectedBytes = end;
      end = 0;
      return taken;
    },
  };
}
