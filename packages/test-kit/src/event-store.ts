// An embedded event store for one test file: its own folder, its own port, gone afterwards.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStoreServer } from '@orders/event-store/server';
import { openStore } from '@orders/event-store/storage/store';

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
