// An event store inside the test's own process, on a port and a data folder of its own, with the unmodified client.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AppendToStreamOptions,
  EventStoreDBClient,
  type JSONEventType,
  type JSONRecordedEvent,
  type JSONType,
  jsonEvent,
  type ReadStreamOptions,
} from '@eventstore/db-client';
import { startEventStoreServer } from '../src/server.ts';
import { openStore } from '../src/storage/store.ts';

export type RunningStore = Awaited<ReturnType<typeof startRunningStore>>;

export async function startRunningStore() {
  const dataFolder = await mkdtemp(join(tmpdir(), 'event-store-'));
  const clients: EventStoreDBClient[] = [];
  let port = 0;
  let running = await open();

  async function open() {
    const store = openStore(dataFolder);
    const server = await startEventStoreServer({ host: '127.0.0.1', port, store });
    port = server.port;
    return { server, store };
  }

  async function halt(): Promise<void> {
    await running.server.close();
    await running.store.close();
  }

  function connect(parameters = ''): EventStoreDBClient {
    const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false${parameters}`);
    clients.push(client);
    return client;
  }

  return {
    dataFolder,
    port: () => port,
    address: () => `127.0.0.1:${port}`,
    store: () => running.store,
    client: connect(),
    connect,
    halt,
    /** Opens the same folder on the same port again. */
    resume: async () => {
      running = await open();
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.dispose()));
      await halt();
      await rm(dataFolder, { recursive: true });
    },
  };
}

/** The two calls behind `appendToStream`: credentials of its own make the client choose the unary one. */
export const appendModes = [
  { mode: 'batch', options: {} },
  { mode: 'unary', options: { credentials: { username: 'somebody', password: 'secret' } } },
] as const satisfies { mode: string; options: AppendToStreamOptions }[];

export const freshStream = () => `test-${randomUUID()}`;

export type TestEvent = JSONEventType<string, JSONType>;

export const someEvents = (count: number, type = 'Happened') =>
  Array.from({ length: count }, (_, index) => jsonEvent<TestEvent>({ type, data: { index } }));

export async function readEvents(client: EventStoreDBClient, stream: string, options?: ReadStreamOptions) {
  const events: JSONRecordedEvent<TestEvent>[] = [];
  for await (const { event } of client.readStream<TestEvent>(stream, options))
    if (event !== undefined) events.push(event);
  return events;
}

export const revisionsOf = (events: readonly { revision: bigint }[]) => events.map(({ revision }) => Number(revision));
