// An embedded event store for one test file: its own folder, its own port, gone afterwards.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStoreServer } from '@orders/event-store/server';
import { openStore } from '@orders/event-store/storage/store';

export type TestEventStore = { url: string; port: number; stop: () => Promise<void> };

export async function startTestEventStore(port = 0): Promise<TestEventStore> {
  const dir = await mkdtemp(join(tmpdir(), 'orders-event-store-'));
  const store = openStore(dir);
  const server = await startEventStoreServer({ host: '127.0.0.1', port, store });
  return {
    url: `esdb://127.0.0.1:${server.port}?tls=false`,
    port: server.port,
    stop: async () => {
      await server.close();
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
