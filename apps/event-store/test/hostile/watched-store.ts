// An event store in a process of its own with a bystander: an ordinary client that works alongside, and must not notice
// what others do to the server.
import { setTimeout as wait } from 'node:timers/promises';
import { EventStoreDBClient, NO_STREAM, START } from '@eventstore/db-client';
import { expect, vi } from 'vitest';
import { follow } from '../followed.ts';
import { freshStream, someEvents } from '../running-store.ts';
import { startStoreProcess } from './store-process.ts';

export type WatchedStore = Awaited<ReturnType<typeof startWatchedStore>>;

const generously = { timeout: 50_000 };

export async function startWatchedStore(...options: Parameters<typeof startStoreProcess>) {
  const store = await startStoreProcess(...options);
  const bystander = await startBystander(store.port);
  const { openCalls, sockets } = await store.figures();
  return {
    ...store,
    bystander,
    /** The process lives, holds only what is the bystander's, and that one goes on. */
    async expectUnharmed(): Promise<void> {
      await store.expectAlive();
      await bystander.expectUnharmed();
      await vi.waitFor(async () => expect(await store.figures()).toMatchObject({ openCalls, sockets }), generously);
      expect(await store.subscriptions()).toBe(1);
    },
    async stop(): Promise<void> {
      await bystander.leave();
      await store.stop();
    },
  };
}

/** How long the bystander rests between its appends: it is to be there, not to be a load. */
const restMs = 5;

async function startBystander(port: number) {
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  const stream = freshStream();
  const followed = follow(client.subscribeToStream(stream, { fromRevision: START }));
  const appended: string[] = [];
  const failures: unknown[] = [];
  let working = true;

  async function work(): Promise<void> {
    while (working) {
      const events = someEvents(1);
      const expectedRevision = appended.length === 0 ? NO_STREAM : BigInt(appended.length - 1);
      await client.appendToStream(stream, events, { expectedRevision });
      appended.push(...events.map(({ id }) => id));
      await wait(restMs);
    }
  }
  const ended = work().catch((error: unknown) => failures.push(error));
  await vi.waitUntil(() => appended.length > 0 && followed.isCaughtUp(), generously);

  async function expectUnharmed(): Promise<void> {
    const before = appended.length;
    await vi.waitUntil(() => failures.length > 0 || appended.length > before + 1, generously);
    expect({ failures, errors: followed.errors() }).toEqual({ failures: [], errors: [] });
    expect(followed.heard).not.toContain('end');
    const known = [...appended];
    await vi.waitUntil(() => followed.heard.length - 2 >= known.length, generously);
    expect(followed.ids().slice(0, known.length)).toEqual(known);
  }

  return {
    client,
    expectUnharmed,
    async leave(): Promise<void> {
      working = false;
      await ended;
      await client.dispose();
    },
  };
}
