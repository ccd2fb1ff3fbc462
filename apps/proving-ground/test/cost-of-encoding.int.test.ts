// What the client of the event store does to put an event into bytes. It is most of what accepting an order costs the
// API, and it came down to a third by `byte-fields.ts`, which hangs on how the client is built inside: this tells when
// a new client is built another way.
import { randomUUID } from 'node:crypto';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { OrderEvent } from '@orders/domain/order-types';
import { eventStoreOrderStore } from '@orders/order-store/event-store-order-store';
import { orderPlaced, orderSubmitted, submissionStarted } from '@orders/test-kit/order-events';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { type CountedEventStore, startCountedEventStore } from './counted-event-store.ts';

const { ProposedMessage } = streams.BatchAppendReq;
let eventStore: CountedEventStore;

beforeAll(async () => {
  eventStore = await startCountedEventStore();
});
afterAll(() => eventStore.stop());

function countEncodings() {
  const measured = vi.spyOn(ProposedMessage.prototype, 'serializeBinary');
  const counts = { measured: 0, written: 0, inBytes: 0, inBase64: 0 };
  const write = ProposedMessage.serializeBinaryToWriter;
  const written = vi.spyOn(ProposedMessage, 'serializeBinaryToWriter').mockImplementation((message, writer) => {
    counts.written += 1;
    for (const field of [message.getData(), message.getCustomMetadata()])
      counts[typeof field === 'string' ? 'inBase64' : 'inBytes'] += 1;
    return write.call(ProposedMessage, message, writer);
  });
  onTestFinished(() => {
    measured.mockRestore();
    written.mockRestore();
  });
  return () => ({ ...counts, measured: measured.mock.calls.length });
}

it.each([
  ['one event', [orderPlaced]],
  ['three events', [orderPlaced, submissionStarted, orderSubmitted]],
] satisfies [string, ((orderId: string) => OrderEvent)[]][])(
  'an append of %s measures each event once and writes it once, never from base64',
  async (_, eventsOf) => {
    const store = eventStoreOrderStore({
      connection: eventStore.connection,
      limits: { tryTimeoutMs: 60_000, budgetMs: 60_000 },
    });
    const counts = countEncodings();
    const orderId = randomUUID();
    const events = eventsOf.map((eventOf) => eventOf(orderId));
    const context = { correlationId: 'r', causationId: randomUUID() };
    await store.append({ orderId, expectedRevision: 'no_stream', events, context });
    // To be measured, an event is written too; data and metadata are looked at both times.
    const each = { measured: 1, written: 2, inBytes: 4, inBase64: 0 };
    const expected = Object.entries(each).map(([what, times]) => [what, times * events.length]);
    expect(counts()).toEqual(Object.fromEntries(expected));
  },
);
