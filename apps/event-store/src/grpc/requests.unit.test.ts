import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import emptyMessages from 'google-protobuf/google/protobuf/empty_pb.js';
import { describe, expect, it } from 'vitest';
import { expectedRevision, proposedEvent, streamName, uuidText } from './requests.ts';

const { Options, ProposedMessage } = streams.BatchAppendReq;
const id = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6';

describe('an id', () => {
  it('is read in both representations, in lower case', () => {
    const structured = new shared.UUID.Structured()
      .setMostSignificantBits(String(BigInt.asIntN(64, 0xf81d4fae7dec41d0n)))
      .setLeastSignificantBits(String(BigInt.asIntN(64, 0xa76500a0c91e6bf6n)));
    expect(uuidText(new shared.UUID().setStructured(structured))).toBe(id);
    expect(uuidText(new shared.UUID().setString(id.toUpperCase()))).toBe(id);
    expect(uuidText(undefined)).toBe('');
  });
});

describe('a stream name', () => {
  it('is UTF-8 and not empty', () => {
    expect(streamName(new shared.StreamIdentifier().setStreamName(Buffer.from('zażółć')))).toBe('zażółć');
    expect(() => streamName(new shared.StreamIdentifier())).toThrow('empty');
    expect(() => streamName(undefined)).toThrow('empty');
  });
});

describe('an expected revision', () => {
  it.each([
    ['any', new Options().setAny(new emptyMessages.Empty())],
    ['no_stream', new Options().setNoStream(new emptyMessages.Empty())],
    ['stream_exists', new Options().setStreamExists(new emptyMessages.Empty())],
  ])('may be %s', (expected, options) => {
    expect(expectedRevision(options, undefined)).toBe(expected);
  });

  it('may be a number up to 2^63 - 1, and must be something', () => {
    expect(expectedRevision(new Options(), '7')).toBe(7);
    expect(expectedRevision(new Options(), String(2n ** 63n - 1n))).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    expect(() => expectedRevision(new Options(), String(2n ** 63n))).toThrow('out of range');
    expect(() => expectedRevision(new Options(), undefined)).toThrow('not set');
  });
});

describe('a proposed event', () => {
  const message = (properties: Record<string, string>, eventId = id) => {
    const proposed = new ProposedMessage().setId(new shared.UUID().setString(eventId)).setData(Uint8Array.of(1));
    for (const [name, value] of Object.entries(properties)) proposed.getMetadataMap().set(name, value);
    return proposed;
  };

  it.each([
    ['application/json', true],
    ['application/octet-stream', false],
    ['Application/JSON', false],
    ['anything', false],
  ])('of content type %s is JSON: %s', (contentType, isJson) => {
    const event = proposedEvent(message({ type: 'T', 'content-type': contentType, other: 'dropped' }));
    expect(event).toEqual({ id, type: 'T', isJson, data: Uint8Array.of(1), metadata: new Uint8Array() });
  });

  it.each([
    ['a missing type', { 'content-type': 'x' }, id, "'type' is missing"],
    ['a missing content type', { type: 'T' }, id, "'content-type' is missing"],
    ['an empty type', { type: '', 'content-type': 'x' }, id, 'type is empty'],
    ['an id that is no UUID', { type: 'T', 'content-type': 'x' }, 'nonsense', 'not usable'],
  ])('is refused for %s', (_name, properties, eventId, reason) => {
    expect(() => proposedEvent(message(properties, eventId))).toThrow(reason);
  });
});
