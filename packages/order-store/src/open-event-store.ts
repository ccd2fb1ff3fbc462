import { EventStoreDBClient } from '@eventstore/db-client';
import { connectEventStore, type EventStoreConnection } from './event-store-connection.ts';

type OpenOptions = {
  /** `EVENTSTORE_URL`. */
  url: string;
  log: { warn: (details: object, message: string) => void };
  onStop: (name: string, step: () => unknown) => void;
};

/** The connection of a process, closed with it. Opens nothing yet: the first call does. */
export function openEventStore({ url, log, onStop }: OpenOptions): EventStoreConnection {
  const connection = connectEventStore({
    createClient: () => EventStoreDBClient.connectionString(url),
    onReplaced: (reason) => log.warn({ reason }, 'event store client replaced'),
  });
  onStop('event store client', connection.close);
  return connection;
}
