// An event store for one test file or test, gone afterwards: an embedded one with its own folder and port, or, in the
// project `containers`, a server in a container of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStoreServer } from '@orders/event-store/server';
import { openStore } from '@orders/event-store/storage/store';
import { startEventStoreContainer } from './containers/event-store.ts';
import { type ProvidedContainers, providedContainers } from './containers/provided.ts';

export type TestEventStore = {
  url: string;
  port: number;
  /** Ends every call and frees the port; what was stored stays. */
  goAway: () => Promise<void>;
  /** On the same port, with what was stored. */
  comeBack: () => Promise<void>;
  stop: () => Promise<void>;
};

export async function startTestEventStore(port = 0): Promise<TestEventStore> {
  const containers = providedContainers();
  return containers === undefined ? startEmbedded(port) : startInContainer(containers, port);
}

async function startEmbedded(port: number): Promise<TestEventStore> {
  const dir = await mkdtemp(join(tmpdir(), 'orders-event-store-'));
  const start = async (onPort: number) => {
    const store = openStore(dir);
    return { store, server: await startEventStoreServer({ host: '127.0.0.1', port: onPort, store }) };
  };
  let running: Awaited<ReturnType<typeof start>> | null = await start(port);
  const givenPort = running.server.port;

  async function goAway() {
    const ending = running;
    running = null;
    await ending?.server.close();
    await ending?.store.close();
  }

  return {
    url: `esdb://127.0.0.1:${givenPort}?tls=false`,
    port: givenPort,
    goAway,
    comeBack: async () => {
      running ??= await start(givenPort);
    },
    stop: async () => {
      await goAway();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function startInContainer(containers: ProvidedContainers, port: number): Promise<TestEventStore> {
  const { run, eventStoreImage: image } = containers;
  const container = await startEventStoreContainer({ run, image, port });
  return {
    url: container.url,
    port: container.port,
    goAway: async () => {
      await container.stop();
    },
    comeBack: container.start,
    stop: container.remove,
  };
}
