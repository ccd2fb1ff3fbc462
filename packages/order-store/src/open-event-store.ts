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
  if (hasCredentials.test(url) && isWithoutTls.test(url))
    log.warn({}, 'user and password of the event store are not sent: its client does so with TLS only');
  const connection = connectEventStore({
    createClient: () => EventStoreDBClient.connectionString(url),
    onReplaced: (reason) => log.warn({ reason }, 'event store client replaced'),
  });
  onStop('event store client', connection.close);
  return connection;
}

const hasCredentials = /^[^:]+:\/\/[^/?@]*@/;
const isWithoutTls = /[?&]tls=false(&|$)/i;
