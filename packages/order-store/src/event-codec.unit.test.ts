import { orderPlaced } from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeEvents } from './event-codec.ts';
import type { Append } from './order-store.ts';

const orderId = '0191a0c4-7c1e-7000-8000-000000000001';
const append: Append = {
  orderId,
  expectedRevision: 'no_stream',
  events: [orderPlaced(orderId, { side: 'sell' })],
  context: { correlationId: 'request-1', causationId: 'cause-1' },
};
const idOf = (over: Partial<Append>) => encodeEvents({ ...append, ...over })[0]?.id;

const stored = {
  id: 'd3b0a1f0-0000-5000-8000-000000000001',
  streamId: `order-${orderId}`,
  revision: 0n,
  position: { commit: 7n, prepare: 7n },
  type: 'OrderPlaced',
  isJson: true as const,
  created: new Date(0),
  data: append.events[0]?.data ?? {},
  metadata: { $correlationId: 'request-1', $causationId: 'cause-1', schema_version: 1 },
};

describe('encodeEvents', () => {
  // Changing these bytes would make every repeat of an append that is under way a second event.
  it('names an event for ever by order, revision, command and content', () => {
    expect(encodeEvents(append)).toMatchObject([
      {
        id: 'c1b48ea4-a226-5c9e-9a80-64b79e968d24',
        type: 'OrderPlaced',
        contentType: 'application/json',
        data: append.events[0]?.data,
        metadata: { $correlationId: 'request-1', $causationId: 'cause-1', schema_version: 1 },
      },
    ]);
  });

  it('gives the same decision the same id, and another order, revision, command or body another one', () => {
    expect(idOf({})).toBe(idOf({}));
    const others = [
      idOf({ orderId: '0191a0c4-7c1e-7000-8000-000000000002' }),
      idOf({ expectedRevision: 0n }),
      idOf({ context: { correlationId: 'request-1', causationId: 'cause-2' } }),
      idOf({
        events: [
          { type: 'RedriveRequested', data: { order_id: orderId, by: 'ops', reason: 'x', requested_at: 'now' } },
        ],
      }),
    ];
    expect(new Set([idOf({}), ...others]).size).toBe(5);
  });
});

describe('decodeEvent', () => {
  it('reads an event of version 1 as it was stored', () => {
    expect(decodeEvent({ event: stored })).toEqual({
      event: append.events[0],
      id: stored.id,
      orderId,
      revision: 0n,
      position: stored.position,
      recordedAt: stored.created,
      metadata: stored.metadata,
    });
  });

  it('takes an event without metadata, written by hand, for one of the first version', () => {
    const { metadata, ...bare } = stored;
    expect(decodeEvent({ event: bare as never })?.event).toEqual(append.events[0]);
    expect(metadata.schema_version).toBe(1);
  });

  it.each([
    ['a type of a later version', { ...stored, type: 'OrderTeleported' }],
    ['a later schema version', { ...stored, metadata: { ...stored.metadata, schema_version: 2 } }],
    ['a version that never was', { ...stored, metadata: { ...stored.metadata, schema_version: 0 } }],
    ['no version', { ...stored, metadata: {} }],
    ['no object', { ...stored, data: null }],
    ['an event without position', { ...stored, position: undefined }],
    ['nothing', undefined],
  ])('reads no half of what it does not understand: %s', (_case, event) =>
    expect(decodeEvent(event === undefined ? {} : ({ event } as never))).toBeNull(),
  );
});
