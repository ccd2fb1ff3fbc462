// The server that the checklist is run against: an embedded event store for each file of tests, or the server that
// EVENTSTORE_URL names, without TLS. Others may append to that one at the same time, and it is not ours to stop.
import { EventStoreDBClient } from '@eventstore/db-client';
import { type RunningStore, startRunningStore } from '../running-store.ts';

const givenUrl = process.env.EVENTSTORE_URL || undefined;

/** Nobody else appends to an embedded store: what is in $all, and how many events pass by, is known exactly. */
export const isEmbedded = givenUrl === undefined;

const addressIn = (url: string) => new URL(url.replace(/^esdb(\+discover)?:/, 'http:')).host;

export const targetName = givenUrl === undefined ? 'the embedded event store' : addressIn(givenUrl);

export type Target = Pick<RunningStore, 'client' | 'connect' | 'address' | 'stop'>;

export const startTarget = async (): Promise<Target> =>
  givenUrl === undefined ? startRunningStore() : connectTo(givenUrl);

function connectTo(url: string): Target {
  const clients: EventStoreDBClient[] = [];
  const connect = (parameters = '') => {
    const client = EventStoreDBClient.connectionString(`${url}${parameters}`);
    clients.push(client);
    return client;
  };
  return {
    client: connect(),
    connect,
    address: () => addressIn(url),
    stop: async () => {
      await Promise.all(clients.map((client) => client.dispose()));
    },
  };
}
