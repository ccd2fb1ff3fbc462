// Rows 1 to 8: what the client sends to find its way, and what it is told when there is none.
import {
  EventStoreDBClient,
  NO_STREAM,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  UnknownError,
  UnsupportedError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { generously } from '../followed.ts';
import { appendModes, freshStream, readEvents, someEvents } from '../running-store.ts';
import { startRecordingProxy } from './recording-proxy.ts';
import { isEmbedded, mayStop, startStoppableTarget, startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

/** What the types hide, and users of the client call all the same. */
type RequestingClient = { HTTPRequest: (method: string, path: string, options: object) => Promise<unknown> };

function clientOf(connectionString: string): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(connectionString);
  onTestFinished(() => client.dispose());
  return client;
}

it('row 1: the first call asks once, and anonymously, which methods the server has', async () => {
  const proxy = await startRecordingProxy(target.address());
  const client = clientOf(`esdb://somebody:secret@${proxy.address}?tls=false`);
  await Promise.all([1, 2, 3].map(() => client.appendToStream(freshStream(), someEvents(1))));
  await client.appendToStream(freshStream(), someEvents(1), appendModes[1].options);
  const [first, ...others] = proxy.calls;
  expect(first?.path).toMatch(/ServerFeatures\/GetSupportedMethods$/);
  expect(first?.headers).not.toHaveProperty('connection-name');
  expect(first?.headers).not.toHaveProperty('authorization');
  expect(others.length).toBeGreaterThan(0);
  for (const { path, headers } of others) {
    expect(path).not.toContain('GetSupportedMethods');
    expect(headers['connection-name']).toBe(client.connectionName);
  }
});

it('row 2: one host is connected to directly, and discovery asks by gossip', async () => {
  const stream = freshStream();
  const direct = await startRecordingProxy(target.address());
  await clientOf(`esdb://${direct.address}?tls=false`).appendToStream(stream, someEvents(2));
  expect(direct.callsOf('BatchAppend')).toHaveLength(1);
  expect(direct.callsOf('Read')).toHaveLength(0);

  const discovered = await startRecordingProxy(target.address());
  const discovering = clientOf(`esdb+discover://${discovered.address}?tls=false`);
  expect(await readEvents(discovering, stream)).toHaveLength(2);
  expect(discovered.calls[0]?.path).toBe('/event_store.client.gossip.Gossip/Read');
});

it('row 3: an append goes by BatchAppend, and with credentials of its own by Append', async () => {
  const proxy = await startRecordingProxy(target.address());
  const client = clientOf(`esdb://${proxy.address}?tls=false`);
  const [batch, unary] = appendModes;
  await client.appendToStream(freshStream(), someEvents(1), batch.options);
  expect([proxy.callsOf('BatchAppend').length, proxy.callsOf('Append').length]).toEqual([1, 0]);
  await client.appendToStream(freshStream(), someEvents(1), unary.options);
  expect([proxy.callsOf('BatchAppend').length, proxy.callsOf('Append').length]).toEqual([1, 1]);
});

it.skipIf(!mayStop)(
  'row 4: the same client appends again after a restart (needs a server that the test may stop)',
  async () => {
    const restarting = await startStoppableTarget();
    for (const { options } of appendModes) {
      const stream = freshStream();
      const append = (expectedRevision: typeof NO_STREAM | bigint) =>
        restarting.client.appendToStream(stream, someEvents(1), { ...options, expectedRevision });
      await append(NO_STREAM);
      await restarting.halt();
      await restarting.resume();
      let tries = 0;
      const again = () => {
        tries += 1;
        return append(0n);
      };
      expect(await vi.waitFor(again, generously)).toMatchObject({ success: true, nextExpectedRevision: 1n });
      expect(tries).toBeLessThanOrEqual(2);
    }
  },
);

it.skipIf(!mayStop)(
  'row 5: an append is refused with code 14 while the server is down (needs a server that the test may stop)',
  async () => {
    const stopping = await startStoppableTarget();
    for (const { options } of appendModes) {
      const used = stopping.connect();
      await used.appendToStream(freshStream(), someEvents(1), options);
      await stopping.halt();
      for (const client of [used, used, stopping.connect()]) {
        const refused = client.appendToStream(freshStream(), someEvents(1), options);
        await expect(refused).rejects.toMatchObject({ code: 14 });
      }
      await stopping.resume();
    }
  },
);

it('row 6: the client never calls persistent subscriptions unsupported', async () => {
  const { client } = target;
  const [stream, group] = [freshStream(), freshStream()];
  const settings = persistentSubscriptionToAllSettingsFromDefaults();
  const streamSettings = persistentSubscriptionToStreamSettingsFromDefaults();
  const calls = [
    () => client.createPersistentSubscriptionToAll(group, settings),
    () => client.updatePersistentSubscriptionToAll(group, settings),
    () => client.getPersistentSubscriptionToAllInfo(group),
    () => client.replayParkedMessagesToAll(group),
    () => client.listPersistentSubscriptionsToAll(),
    () => client.deletePersistentSubscriptionToAll(group),
    () => client.createPersistentSubscriptionToStream(stream, group, streamSettings),
    () => client.getPersistentSubscriptionToStreamInfo(stream, group),
    () => client.replayParkedMessagesToStream(stream, group),
    () => client.listPersistentSubscriptionsToStream(stream),
    () => client.deletePersistentSubscriptionToStream(stream, group),
    () => client.listAllPersistentSubscriptions(),
  ];
  for (const call of calls) {
    const outcome = await call().catch((error: unknown) => error);
    expect(outcome).not.toBeInstanceOf(UnsupportedError);
    if (outcome instanceof Error) expect(outcome).toMatchObject({ code: expect.any(Number) });
  }
});

it('row 7: pings and questions about its health are answered over HTTP/1.1', async () => {
  const client = target.client as unknown as RequestingClient;
  const ping = await client.HTTPRequest('GET', '/ping', {});
  expect(ping).toMatchObject({ text: 'Ping request successfully handled' });
  expect((await fetch(`http://${target.address()}/health/live`)).status).toBe(204);
});

describe('projections', () => {
  it('row 8: refuses to list projections', async () => {
    const error = await target.client.listProjections().catch((err: unknown) => err);
    expect(error).toBeInstanceOf(UnknownError);
    expect(error).toMatchObject({ code: 12 });
    if (isEmbedded) expect(error).toMatchObject({ message: expect.stringContaining('does not implement') });
  });
});
