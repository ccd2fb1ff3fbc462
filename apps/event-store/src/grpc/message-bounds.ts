// google-protobuf believes a message that states how long a part of it is: behind the last byte it reads on, one absent
// byte after the other, and ten bytes that claim to be two gigabytes stop the process for good. Its next major version
// looks before it reads, but does not go with the messages that were generated for this one.
import { BinaryReader } from 'google-protobuf';

type ReadMessage = typeof BinaryReader.prototype.readMessage;

const bounded = new WeakSet<ReadMessage>();

/** Holds for every message that this process reads from now on; a second call changes nothing. */
export function boundMessages(): void {
  const { readMessage } = BinaryReader.prototype;
  if (bounded.has(readMessage)) return;
  const readBounded: ReadMessage = function (this: BinaryReader, ...args) {
    const bytes = this.getBuffer();
    const end = endOfPart(bytes, this.getCursor());
    if (end > bytes.length)
      throw new RangeError(`a part of the message ends at ${end}, the message at ${bytes.length}`);
    return readMessage.apply(this, args);
  };
  bounded.add(readBounded);
  BinaryReader.prototype.readMessage = readBounded;
}

// Its length comes first: a varint, of ten bytes at most.
function endOfPart(bytes: Uint8Array, start: number): number {
  let length = 0;
  for (let size = 1; size <= 10; size += 1) {
    const byte = bytes[start + size - 1] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * (size - 1));
    if (byte < 0x80) return start + size + length;
  }
  return Number.POSITIVE_INFINITY;
}
