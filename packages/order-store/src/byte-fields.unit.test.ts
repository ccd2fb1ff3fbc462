import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeBase64Early } from './byte-fields.ts';

function onTheWire(data: Uint8Array, metadata: Uint8Array): Uint8Array {
  const message = new streams.BatchAppendReq.ProposedMessage();
  message.setData(Buffer.from(data).toString('base64'));
  message.setCustomMetadata(Buffer.from(metadata).toString('base64'));
  return message.serializeBinary();
}

it('leaves every byte on the wire as it was', () => {
  const samples = fc.sample(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 })), 500);
  const before = samples.map((sample) => onTheWire(...sample));
  decodeBase64Early();
  decodeBase64Early();
  expect(samples.map((sample) => onTheWire(...sample))).toEqual(before);
});

it('lets bytes be bytes', () => {
  decodeBase64Early();
  const message = new streams.BatchAppendReq.ProposedMessage();
  message.setData(Uint8Array.of(1, 2, 3));
  const { buffer, byteOffset, byteLength } = Buffer.from(message.getData_asU8());
  expect([...new Uint8Array(buffer, byteOffset, byteLength)]).toEqual([1, 2, 3]);
});
