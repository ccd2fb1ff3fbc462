// The client hands data and metadata of an event to its message as base64, which the message decodes in JavaScript, and
// twice: once only to learn its size. Decoded by Node before, the same message costs a third.
import streams from '@eventstore/db-client/generated/streams_pb.js';

type Setter = (this: object, value: Uint8Array | string) => unknown;

const decoding = new WeakSet<Setter>();

/** Holds for every append of this process from now on; a second call changes nothing. */
export function decodeBase64Early(): void {
  const message = streams.BatchAppendReq.ProposedMessage.prototype as unknown as Record<string, Setter>;
  for (const name of ['setData', 'setCustomMetadata']) {
    const set = message[name];
    if (set === undefined || decoding.has(set)) continue;
    function setDecoded(this: object, value: Uint8Array | string) {
      return set?.call(this, typeof value === 'string' ? Buffer.from(value, 'base64') : value);
    }
    decoding.add(setDecoded);
    message[name] = setDecoded;
  }
}
