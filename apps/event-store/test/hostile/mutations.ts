// Damage: bytes flipped, cut, doubled, put in or taken out; and frames of HTTP/2 in any order.
import fc, { type Arbitrary } from 'fast-check';
import { framed, http2Frame, http2Preface, openingFrame, paths, settingsFrame } from './raw-calls.ts';
import { appendMessages, batchMessage, readAllMessage } from './requests.ts';

type Damage = (bytes: Buffer) => Buffer;

// Where in the bytes, as a part of their length: a message may be of any length.
const place = fc.double({ min: 0, max: 1, noNaN: true });
const at = (bytes: Buffer, part: number) => Math.floor(part * bytes.length);

const damage: Arbitrary<Damage> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(([part, bit]) => (bytes: Buffer) => {
    const index = Math.min(at(bytes, part), bytes.length - 1);
    const flipped = Buffer.from(bytes);
    if (index >= 0) flipped.writeUInt8(flipped.readUInt8(index) ^ (1 << bit), index);
    return flipped;
  }),
  place.map((part) => (bytes: Buffer) => bytes.subarray(0, at(bytes, part))),
  fc.tuple(place, place).map(([start, end]) => (bytes: Buffer) => {
    const part = bytes.subarray(at(bytes, start), at(bytes, end));
    return Buffer.concat([bytes.subarray(0, at(bytes, start)), part, bytes.subarray(at(bytes, start))]);
  }),
  fc.tuple(place, fc.uint8Array({ maxLength: 12 })).map(
    ([part, more]) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, at(bytes, part)), more, bytes.subarray(at(bytes, part))]),
  ),
  fc.tuple(place, place).map(
    ([start, end]) =>
      (bytes: Buffer) =>
        Buffer.concat([
          bytes.subarray(0, at(bytes, start)),
          bytes.subarray(Math.max(at(bytes, start), at(bytes, end))),
        ]),
  ),
);

/** A message after some damage. */
export const mutated = (message: Arbitrary<Buffer>): Arbitrary<Buffer> =>
  fc
    .tuple(message, fc.array(damage, { minLength: 1, maxLength: 3 }))
    .map(([bytes, damages]) => damages.reduce((damaged, apply) => apply(damaged), bytes));

const stream = fc.oneof(fc.nat(9), fc.constantFrom(0, 1, 3, 2 ** 31 - 1));
const flags = fc.oneof(fc.constantFrom(0, 1, 4, 5), fc.nat(255));
const anyFrame = fc
  .record({ type: fc.nat(12), flags, stream, payload: fc.uint8Array({ maxLength: 64 }) })
  .map((fields) => http2Frame(fields));
const opening = fc
  .tuple(fc.constantFrom(...Object.values(paths)), stream, fc.constantFrom(4, 5))
  .map(([path, number, flag]) => openingFrame(path, number, flag));
const messages = [readAllMessage(), batchMessage({ stream: 'frames', final: true }), ...appendMessages('frames')];
const data = fc
  .record({
    flags: fc.constantFrom(0, 1),
    stream,
    message: mutated(fc.constantFrom(...messages)),
    framing: fc.record({ flag: fc.constantFrom(0, 0, 0, 1, 255) }),
  })
  .map(({ message, framing, ...fields }) => http2Frame({ type: 0, ...fields, payload: framed(message, framing) }));

/** What a connection of HTTP/2 begins with, and then frames of any kind, some of them damaged. */
export const randomFrames: Arbitrary<Buffer[]> = fc
  .array(fc.oneof(opening, data, anyFrame, mutated(fc.oneof(opening, data))), { minLength: 1, maxLength: 12 })
  .map((frames) => [http2Preface, settingsFrame, ...frames]);
