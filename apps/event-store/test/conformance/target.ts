// The server that the checklist is run against, for each file of tests: an embedded event store; in the vitest project
// `containers` a server in a container; or the one that EVENTSTORE_URL names. Others may append to that one at the same
// time, and it is not ours to stop.
import { EventStoreDBClient } from '@eventstore/db-client';
import { onTestFinished } from 'vitest';
// Not by its name: the test kit stands on this package.
import { startEventStoreContainer } from '../../../../packages/test-kit/src/containers/event-store.ts';
import { providedContainers } from '../../../../packages/test-kit/src/containers/provided.ts';
import { type RunningStore, startRunningStore } from '../running-store.ts';
import { addressIn, givenUrl } from './given-server.ts';

const containers = providedContainers();

/**
 * Nobody else appends to an embedded store, nor does it write events of its own as EventStoreDB does: what is in $all,
 * and how many events pass by, is known exactly. Where a row depends on that, it asks less of every other server.
 */
export const isEmbedded = containers === undefined && givenUrl === undefined;

/** Whether a server that may be stopped can be had. */
export const mayStop = containers !== undefined || isEmbedded;

export type Target = Pick<RunningStore, 'client' | 'connect' | 'address' | 'stop'>;

export async function startTarget(): Promise<Target> {
  if (containers !== undefined) return startInContainer();
  return givenUrl === undefined ? startRunningStore() : connectTo(givenUrl);
}

export type StoppableTarget = Target & Pick<RunningStore, 'halt' | 'resume'>;

/** For one test, and gone after it. */
export async function startStoppableTarget(): Promise<StoppableTarget> {
  const target = containers === undefined ? await startRunningStore() : await startInContainer();
  onTestFinished(target.stop);
  return target;
}

async function startInContainer(): Promise<StoppableTarget> {
  if (containers === undefined) throw new Error('there are no containers here');
  const { run, eventStoreImage: image } = containers;
  const container = await startEventStoreContainer({ run, image });
  const connected = connectTo(container.url);
  return {
    ...connected,
    halt: async () => {
      await container.stop();
    },
    resume: container.start,
    stop: async () => {
      await connected.stop();
      await container.remove();
    },
  };
}

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
