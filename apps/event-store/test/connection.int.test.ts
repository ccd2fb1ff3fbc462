// Losing the server and finding it again, and what else answers on the port, beyond the conformance checklist.
import { once } from 'node:events';
import { connect } from 'node:net';
import { END, START, UnavailableError } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { caughtUp, follow, generously } from './followed.ts';
import { freshStream, type RunningStore, readEvents, someEvents, startRunningStore } from './running-store.ts';

let running: RunningStore;
beforeAll(async () => {
  running = await startRunningStore();
});
afterAll(() => running.stop());

const url = (path: string) => `http://127.0.0.1:${running.port()}${path}`;

describe('the HTTP side', () => {
  it.each([
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
    expect(await (await fetch(url('/info'))).json()).toMatchObject({ esVersion: '24.10.0.0', state: 'leader' });
  });

  it('counts events, commits and subscriptions', async () => {
    const followed = follow(running.client.subscribeToAll());
    await caughtUp(followed);
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
  it('ends subscriptions with an error, and the same client subscribes again after its return', async () => {
    const client = running.connect();
    const stream = freshStream();
    await client.appendToStream(stream, someEvents(1));
    const subscriptions = [
      follow(client.subscribeToAll({ fromPosition: END })),
      follow(client.subscribeToStream(stream)),
    ];
    await Promise.all(subscriptions.map(caughtUp));

    await running.halt();
    for (const followed of subscriptions) {
      await vi.waitFor(() => expect(followed.errors()).toMatchObject([expect.any(UnavailableError)]), generously);
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
