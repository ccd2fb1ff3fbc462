// Between the events of the domain and the JSON in the log. What is stored stays readable for ever: an older schema
// version is lifted here, in one place, and a stored event is never edited.
import { type EventData, jsonEvent, type ResolvedEvent } from '@eventstore/db-client';
import { type OrderEvent, orderEventTypes } from '@orders/domain/order-types';
import { eventIdOf } from './event-id.ts';
import { type Append, type EventMetadata, orderStreamPrefix, type RecordedOrderEvent } from './order-store.ts';

export const currentSchemaVersion = 1;

/** Names of events, derived from their content: the same decision, sent again, is the same event to the event store. */
export function encodeEvents({ orderId, expectedRevision, events, context }: Append): EventData[] {
  const first = expectedRevision === 'no_stream' ? 0n : expectedRevision + 1n;
  const metadata: EventMetadata = {
    $correlationId: context.correlationId,
    $causationId: context.causationId,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
    schema_version: currentSchemaVersion,
  };
  return events.map(({ type, data }, index) => {
    const fingerprint = [orderId, first + BigInt(index), context.causationId, type, JSON.stringify(data)].join('\n');
    return jsonEvent({ id: eventIdOf(fingerprint), type, data, metadata });
  });
}

const knownTypes: ReadonlySet<string> = new Set(orderEventTypes);

/**
 * `null` for what this version cannot read: another type, a later schema version, no JSON, no position. Never throws.
 */
export function decodeEvent({ event }: ResolvedEvent): RecordedOrderEvent | null {
  if (event?.position === undefined || !event.isJson || !knownTypes.has(event.type)) return null;
  const metadata = event.metadata as EventMetadata | undefined;
  if (metadata !== undefined && metadata.schema_version > currentSchemaVersion) return null;
  return {
    event: lifted({ type: event.type, data: event.data } as OrderEvent, event.created),
    id: event.id,
    orderId: event.streamId.slice(orderStreamPrefix.length),
    revision: event.revision,
    position: event.position,
    recordedAt: event.created,
    metadata: metadata ?? { $correlationId: '', $causationId: '', schema_version: currentSchemaVersion },
  };
}

// Early doubts do not say since when they are: the event store knows.
function lifted(event: OrderEvent, recordedAt: Date): OrderEvent {
  if (event.type === 'OrderInDoubt') {
    return { ...event, data: { ...event.data, in_doubt_since: event.data.in_doubt_since ?? recordedAt.toISOString() } };
  }
  return event;
}
