// Between the events of the domain and the JSON in the log. What is stored stays readable for ever: an older schema
// version is lifted in one place (upcast.ts), and a stored event is never edited.
import { type EventData, jsonEvent, type ResolvedEvent } from '@eventstore/db-client';
import { eventIdOf } from './event-id.ts';
import { type Append, type EventMetadata, orderStreamPrefix, type RecordedOrderEvent } from './order-store.ts';
import { isOrderEventType, schemaVersionOf, upcast } from './upcast.ts';

/** Names of events, derived from their content: the same decision, sent again, is the same event to the event store. */
export function encodeEvents({ orderId, expectedRevision, events, context }: Append): EventData[] {
  const first = expectedRevision === 'no_stream' ? 0n : expectedRevision + 1n;
  const origin = {
    $correlationId: context.correlationId,
    $causationId: context.causationId,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
  return events.map(({ type, data }, index) => {
    const fingerprint = [orderId, first + BigInt(index), context.causationId, type, JSON.stringify(data)].join('\n');
    const metadata: EventMetadata = { ...origin, schema_version: schemaVersionOf(type) };
    return jsonEvent({ id: eventIdOf(fingerprint), type, data, metadata });
  });
}

// Metadata came with the first event of this gateway; what has none was written by hand.
const noMetadata: EventMetadata = { $correlationId: '', $causationId: '', schema_version: 1 };

/**
 * `null` for what this version cannot read: another type, a later schema version, no JSON, no position. Never throws.
 */
export function decodeEvent({ event: stored }: ResolvedEvent): RecordedOrderEvent | null {
  if (stored?.position === undefined || !stored.isJson || !isOrderEventType(stored.type)) return null;
  const metadata = (stored.metadata as EventMetadata | undefined) ?? noMetadata;
  const event = upcast(stored.type, metadata.schema_version, stored.data, stored.created);
  if (event === null) return null;
  return {
    event,
    id: stored.id,
    orderId: stored.streamId.slice(orderStreamPrefix.length),
    revision: stored.revision,
    position: stored.position,
    recordedAt: stored.created,
    metadata,
  };
}
