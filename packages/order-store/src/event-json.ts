import type { RecordedOrderEvent } from './order-store.ts';

/** An event as it is told to the outside: what JSON cannot hold exactly is text. */
export type EventJson = ReturnType<typeof eventJson>;

export const eventJson = ({ event, revision, position, recordedAt, metadata, id }: RecordedOrderEvent) => ({
  type: event.type,
  revision: String(revision),
  position: String(position.commit),
  recorded_at: recordedAt.toISOString(),
  data: event.data,
  metadata,
  id,
});
