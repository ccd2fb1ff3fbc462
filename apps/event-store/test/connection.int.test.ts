// Connecting, losing the server and finding it again, and what else answers on the port.
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  END,
  EventStoreDBClient,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { follow } from './followed.ts';
import {
  appendModes,
  freshStream,
  type RunningStore,
  readEvents,
  someEvents,
  startRunningStore,
} from './running-store.ts';

let running: RunningStore;
beforeAll(async () => {
  running = await startRunningStore();
});
afterAll(() => running.stop());

const generously = { timeout: 20_000 };
const url = (path: string) => `http://127.0.0.1:${running.port()}${path}`;

describe('the gRPC side', () => {
  it('is found by discovery, which it answers with the address that was asked', async () => {
    const client = EventStoreDBClient.connectionString(`esdb+discover://127.0.0.1:${running.port()}?tls=false`);
    const stream = freshStream();
    await client.appendToStream(stream, someEvents(1));
    expect(await readEvents(client, stream)).toHaveLength(1);
    await client.dispose();
  });

  it.each<[string, (client: EventStoreDBClient) => Promise<unknown>]>([
    ['projections', (client) => client.listProjections()],
    ['deleting', (client) => client.deleteStream('any')],
    ['tombstones', (client) => client.tombstoneStream('any')],
    [
      'persistent subscriptions to streams',
      (client) =>
        client.createPersistentSubscriptionToStream('s', 'g', persistentSubscriptionToStreamSettingsFromDefaults()),
    ],
    [
      'persistent subscriptions to $all',
      (client) => client.createPersistentSubscriptionToAll('g', persistentSubscriptionToAllSettingsFromDefaults()),
    ],
    ['lists of persistent subscriptions', (client) => client.listAllPersistentSubscriptions()],
  ])('says that it does not implement %s', async (_name, call) => {
    const error = await call(running.client).catch((err: unknown) => err);
    expect(error).toBeInstanceOf(UnknownError);
    expect(error).toMatchObject({ code: 12, message: expect.stringContaining('does not implement') });
  });
});

describe('the HTTP side', () => {
  it('answers a ping', async () => {
    expect(await (await fetch(url('/ping'))).json()).toMatchObject({ text: 'Ping request successfully handled' });
  });

  it.each([
    ['GET', '/health/live', 204],
    ['HEAD', '/health/live', 204],
    ['POST', '/health/live', 405],
    ['GET', '/health/ready', 204],
    ['GET', '/ping', 200],
    ['GET', '/info', 200],
    ['GET', '/metrics', 200],
    ['GET', '/nowhere', 404],
    ['GET', '/constructor', 404],
  ])('%s %s is answered with %d', async (method, path, status) => {
    expect((await fetch(url(path), { method })).status).toBe(status);
  });

  it('tells the version whose behaviour it follows', async () => {
    expect(await (await fetch(url('/info'))).json()).toMatchObject({ esVersion: '24.2.0.0', state: 'leader' });
  });

  it('counts events, commits and subscriptions', async () => {
    const followed = follow(running.client.subscribeToAll());
    await vi.waitUntil(followed.isCaughtUp, generously);
    await running.client.appendToStream(freshStream(), someEvents(3));
    const metrics = await (await fetch(url('/metrics'))).text();
    expect(metrics).toMatch(/^event_store_appended_events_total [1-9]/m);
    expect(metrics).toMatch(/^event_store_commit_duration_seconds_count [1-9]/m);
    expect(metrics).toMatch(/^event_store_subscriptions 1$/m);
    await followed.subscription.unsubscribe();
    await vi.waitFor(
      async () => expect(await (await fetch(url('/metrics'))).text()).toMatch(/^event_store_subscriptions 0$/m),
      generously,
    );
  });

  it('tells the protocol of a connection by its first bytes, however few come at a time', async () => {
    const socket = connect(running.port(), '127.0.0.1');
    socket.write('P');
    // Another request is answered meanwhile: waiting for the second byte keeps nobody busy.
    expect((await fetch(url('/ping'))).status).toBe(200);
    for (const byte of 'UT /ping HTTP/1.1\r\nHost: x\r\n\r\n') {
      await new Promise<void>((resolve, reject) => socket.write(byte, (err) => (err ? reject(err) : resolve())));
    }
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 405/);
    socket.destroy();
  });
});

describe('a server that stops', () => {
  it('ends subscriptions with an error, and the same client goes on after its return', async () => {
    const client = running.connect();
    const stream = freshStream();
    await client.appendToStream(stream, someEvents(1));
    const subscriptions = [
      follow(client.subscribeToAll({ fromPosition: END })),
      follow(client.subscribeToStream(stream)),
    ];
    for (const { isCaughtUp } of subscriptions) await vi.waitUntil(isCaughtUp, generously);

    await running.halt();
    for (const followed of subscriptions) {
      await vi.waitFor(() => expect(followed.errors()).toMatchObject([expect.any(UnavailableError)]), generously);
    }
    for (const { options } of appendModes) {
      await expect(client.appendToStream(stream, someEvents(1), options)).rejects.toMatchObject({ code: 14 });
    }

    await running.resume();
    await vi.waitFor(() => client.appendToStream(stream, someEvents(1), { expectedRevision: 0n }), generously);
    const again = follow(client.subscribeToStream(stream, { fromRevision: START }));
    await vi.waitFor(() => expect(again.revisions()).toEqual([0, 1]), generously);
  });

  it('answers every append that it took before', async () => {
    const client = running.connect();
    const stream = freshStream();
    await client.appendToStream(stream, someEvents(1));
    const appending = Array.from({ length: 200 }, () => client.appendToStream(stream, someEvents(1)));
    const settled = Promise.allSettled(appending);
    await running.halt();
    const results = await settled;
    await running.resume();
    const stored = await vi.waitFor(() => readEvents(client, stream), generously);
    const answered = results.filter(({ status }) => status === 'fulfilled');
    expect(stored.length).toBeGreaterThanOrEqual(answered.length + 1);
  });
});
