// The bytes are read back by the message classes that ship with the client: whoever reads them is the judge.
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { describe, expect, it } from 'vitest';
import { type RecordedEvent, tombstoneNumber } from '../storage/events.ts';
import { planEventMessage, type UuidForm, writeEventMessage } from './event-encoding.ts';
import type { ResolvedEvent } from './links.ts';
import { uuidText } from './requests.ts';

const event = (fields: Partial<RecordedEvent> = {}): RecordedEvent => ({
  stream: 'order-1',
  number: 7,
  position: 1_234,
  id: '3f0c11aa-0000-4000-8000-00000000beef',
  type: 'OrderPlaced',
  isJson: true,
  createdMs: 1_700_000_000_123,
  data: Buffer.from('{"a":1}'),
  metadata: Buffer.from('{"b":2}'),
  ...fields,
});

function roundTrip(resolved: ResolvedEvent, form: UuidForm = 'string') {
  const plan = planEventMessage(resolved, form);
  const buffer = Buffer.alloc(plan.length + 2, 0xaa);
  writeEventMessage(buffer, 1, plan);
  expect([buffer[0], buffer.at(-1)], 'nothing is written beside the message').toEqual([0xaa, 0xaa]);
  const message = streams.ReadResp.deserializeBinary(buffer.subarray(1, -1)).getEvent();
  const read = (recorded: ReturnType<NonNullable<typeof message>['getEvent']>) =>
    recorded && {
      stream: Buffer.from(recorded.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(),
      number: recorded.getStreamRevision(),
      positions: [recorded.getCommitPosition(), recorded.getPreparePosition()],
      id: uuidText(recorded.getId()),
      isStructured: recorded.getId()?.hasStructured(),
      metadataMap: Object.fromEntries(recorded.getMetadataMap().toArray()),
      data: Buffer.from(recorded.getData_asU8()),
      metadata: Buffer.from(recorded.getCustomMetadata_asU8()),
    };
  return {
    event: read(message?.getEvent()),
    link: read(message?.getLink()),
    commitPosition: message?.hasCommitPosition() && message.getCommitPosition(),
  };
}

const asRead = (recorded: RecordedEvent, form: UuidForm = 'string') => ({
  stream: recorded.stream,
  number: recorded.number === tombstoneNumber ? '9223372036854775807' : String(recorded.number),
  positions: [String(recorded.position), String(recorded.position)],
  id: recorded.id,
  isStructured: form === 'structured',
  metadataMap: {
    type: recorded.type,
    created: `${recorded.createdMs}0000`,
    'content-type': recorded.isJson ? 'application/json' : 'application/octet-stream',
  },
  data: Buffer.from(recorded.data),
  metadata: Buffer.from(recorded.metadata),
});

describe('an event', () => {
  it.each<[string, Partial<RecordedEvent>]>([
    ['of few fields', { number: 0, data: Buffer.alloc(0), metadata: Buffer.alloc(0) }],
    ['at the edges of a byte', { number: 127, position: 128, data: Buffer.alloc(127), metadata: Buffer.alloc(128) }],
    ['far into the log', { number: 2 ** 40, position: 2 ** 53 - 2 }],
    ['of a mebibyte', { data: Buffer.alloc(1_048_576, 'x'), isJson: false }],
    ['that is not ASCII', { stream: 'zażółć-💥', type: 'Größe' }],
    ['that ends a stream', { number: tombstoneNumber, type: '$streamDeleted' }],
  ])('%s is read as it is stored', (_name, fields) => {
    const recorded = event(fields);
    const position = String(recorded.position);
    expect(roundTrip({ event: recorded })).toEqual({
      event: asRead(recorded),
      link: undefined,
      commitPosition: position,
    });
  });

  it.each([
    '3f0c11aa-0000-4000-8000-00000000beef',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '00000000-0000-0000-0000-000000000001',
  ])('has its id in two halves for whoever asks for that: %s', (id) => {
    const recorded = event({ id });
    expect(roundTrip({ event: recorded }, 'structured').event).toEqual(asRead(recorded, 'structured'));
  });

  it('behind a link comes with the link, at the position of the link', () => {
    const link = event({ stream: 'links', type: '$>', position: 9_999, isJson: false });
    expect(roundTrip({ event: event(), link })).toEqual({
      event: asRead(event()),
      link: asRead(link),
      commitPosition: '9999',
    });
    expect(roundTrip({ link })).toEqual({ event: undefined, link: asRead(link), commitPosition: '9999' });
  });
});
