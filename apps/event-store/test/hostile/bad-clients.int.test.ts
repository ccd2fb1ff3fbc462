// Clients that follow the protocol and are a burden all the same: they do not read, never finish, come in masses, or
// are gone. The server holds a bounded amount for each, gives it back, and serves the others meanwhile.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { binaryEvent, StreamNotFoundError } from '@eventstore/db-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freshStream, readEvents } from '../running-store.ts';
import {
  ending,
  grpcHeaders,
  grpcStatus,
  http2Frame,
  http2Preface,
  openingFrame,
  openSession,
  openSocket,
  openStream,
  paths,
  settingsFrame,
  untilClosed,
} from './raw-calls.ts';
import { batchFrame, readAllRequest, subscriptionRequest } from './requests.ts';
import { subscriptionsOfVanishing } from './vanishing-client.ts';
import { startWatchedStore, type WatchedStore } from './watched-store.ts';

const generously = { timeout: 50_000 };
const mebibyte = 1_048_576;

let store: WatchedStore;
beforeAll(async () => {
  store = await startWatchedStore();
});
afterAll(() => store.stop());
const connections: ClientHttp2Session[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.destroy();
  await store.expectUnharmed();
});

const heldMiB = async () => (await store.figures()).heldBytes / mebibyte;
const givenBack = (before: number) =>
  vi.waitFor(async () => expect((await heldMiB()) - before).toBeLessThan(30), generously);
const subscribersAre = (count: number) =>
  vi.waitFor(async () => expect(await store.subscriptions()).toBe(count + 1), generously);

async function connect(): Promise<ClientHttp2Session> {
  const connection = await openSession(store.port);
  connections.push(connection);
  return connection;
}

function read(connection: ClientHttp2Session, request: Buffer): ClientHttp2Stream {
  const call = openStream(connection, grpcHeaders(paths.read));
  call.end(request);
  return call;
}

describe('readers that stand still', () => {
  const eventsOfOneMegabyte = 60;
  const append = async (count: number) => {
    const stream = freshStream();
    const large = () => binaryEvent({ type: 'Large', data: new Uint8Array(1_000_000) });
    for (let index = 0; index < count; index += 1) await store.bystander.client.appendToStream(stream, large());
  };

  it('do not make the server read ahead for them, however much is appended', async () => {
    await append(eventsOfOneMegabyte);
    const before = await heldMiB();
    const connection = await connect();
    const standing = Array.from({ length: 20 }, (_, index) =>
      read(connection, index % 2 === 0 ? readAllRequest() : subscriptionRequest()),
    );
    await Promise.all(standing.map((call) => once(call, 'response')));
    await append(eventsOfOneMegabyte);
    // Read for all of them, the log would be 20 x 120 MB.
    expect((await heldMiB()) - before).toBeLessThan(400);
    connection.destroy();
    await store.expectUnharmed();
    await givenBack(before);
  });

  it('neither when the protocol lets the server send without end, and only the connection is full', async () => {
    const before = await heldMiB();
    const socket = await openSocket(store.port);
    const unlimited = Buffer.from('7fff0000', 'hex');
    const initialWindow = Buffer.concat([Buffer.from('0004', 'hex'), unlimited]);
    const calls = Array.from({ length: 10 }, (_, index) => {
      const stream = 2 * index + 1;
      return Buffer.concat([
        openingFrame(paths.read, stream),
        http2Frame({ type: 0, flags: 1, stream, payload: subscriptionRequest() }),
      ]);
    });
    socket.write(http2Preface);
    socket.write(http2Frame({ type: 4, payload: initialWindow }));
    socket.write(http2Frame({ type: 8, payload: unlimited }));
    socket.write(Buffer.concat(calls));
    await subscribersAre(10);
    await append(20);
    expect((await heldMiB()) - before).toBeLessThan(200);
    socket.destroy();
    await store.expectUnharmed();
    await givenBack(before);
  });
});

it('1,000 subscriptions cost little, and nothing once they are gone', async () => {
  const before = await heldMiB();
  const four = await Promise.all(Array.from({ length: 4 }, connect));
  const calls = four.flatMap((connection) =>
    Array.from({ length: 250 }, () => read(connection, subscriptionRequest({ from: 'end', prefix: 'nobody-' }))),
  );
  await Promise.all(calls.map((call) => once(call, 'data')));
  expect(await store.subscriptions()).toBe(1_001);
  expect((await heldMiB()) - before).toBeLessThan(60);
  await store.bystander.expectUnharmed();
  // Half of them leave as a client does that has read enough, half with their connection.
  for (const call of calls.filter((_, index) => index % 2 === 0)) call.close(8);
  await subscribersAre(500);
  for (const connection of four) connection.destroy();
  await store.expectUnharmed();
  await givenBack(before);
});

describe('a BatchAppend', () => {
  /** Sends frames at the pace of the server, up to a total or until the server takes no more for a while. */
  async function pour(call: ClientHttp2Stream, frame: () => Buffer, totalBytes: number): Promise<number> {
    const standstillMs = 2_000;
    let sent = 0;
    while (sent < totalBytes && !call.destroyed) {
      const bytes = frame();
      sent += bytes.length;
      if (call.write(bytes)) continue;
      const goesOn = once(call, 'drain').then(() => true);
      if (!(await Promise.race([goesOn, wait(standstillMs, false)]))) break;
    }
    return sent;
  }

  it('whose appends never end holds a bounded amount of them', async () => {
    const before = await heldMiB();
    const connection = await connect();
    const call = openStream(connection, grpcHeaders(paths.batchAppend));
    const ended = ending(call);
    // Each frame begins an append, and none comes to its end.
    const sent = await pour(call, () => batchFrame({ stream: freshStream(), bytes: 100_000 }), 120 * mebibyte);
    expect(sent).toBeGreaterThan(100 * mebibyte);
    expect((await heldMiB()) - before).toBeLessThan(100);
    call.end();
    expect(grpcStatus(await ended)).toBe(0);
    expect((await ended).bytes).toBeGreaterThan(0);
    await givenBack(before);
  });

  it('with one append of frames without end refuses it once, and throws the rest away', async () => {
    const before = await heldMiB();
    const stream = freshStream();
    const correlationId = crypto.randomUUID();
    const call = openStream(await connect(), grpcHeaders(paths.batchAppend));
    const ended = ending(call);
    call.write(batchFrame({ correlationId, stream }));
    await pour(call, () => batchFrame({ correlationId, bytes: 100_000 }), 100 * mebibyte);
    call.end();
    const { bytes } = await ended;
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(1_000);
    await givenBack(before);
    await expect(readEvents(store.bystander.client, stream)).rejects.toThrow(StreamNotFoundError);
  });

  it('whose replies are not read is not read either', async () => {
    const before = await heldMiB();
    const connection = await connect();
    const call = openStream(connection, grpcHeaders(paths.batchAppend));
    await pour(call, () => batchFrame({ stream: 'never-read', final: true }), 20 * mebibyte);
    expect((await heldMiB()) - before).toBeLessThan(30);
    connection.destroy();
    await store.expectUnharmed();
    await givenBack(before);
  });
});

describe('a client that vanishes', () => {
  async function startVanishing(stream: string): Promise<ChildProcess> {
    const file = join(import.meta.dirname, 'vanishing-client.ts');
    const args = ['--disable-warning=ExperimentalWarning', file, String(store.port), stream];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    return child;
  }

  it('by SIGKILL takes its subscriptions along, and leaves nothing of its appends', async () => {
    const stream = freshStream();
    const child = await startVanishing(stream);
    await subscribersAre(subscriptionsOfVanishing);
    child.kill('SIGKILL');
    await store.expectUnharmed();
    await expect(readEvents(store.bystander.client, stream)).rejects.toThrow(StreamNotFoundError);
  });

  it('without a farewell, or never says what it wants, is disconnected in time', async () => {
    const stream = freshStream();
    const stopped = await startVanishing(stream);
    stopped.kill('SIGSTOP');
    const greeting = Buffer.concat([http2Preface, settingsFrame]);
    const silent = await Promise.all(
      ['', 'PR', 'PRI * HT', http2Preface, greeting, 'GET /pi'].map(async (bytes) => {
        const socket = await openSocket(store.port);
        socket.write(bytes);
        return socket;
      }),
    );
    const dripping = await openSocket(store.port);
    dripping.write('GET /ping HTTP/1.1\r\n');
    const drip = setInterval(() => dripping.write('x'), 500);
    onTestFinished(() => clearInterval(drip));
    await Promise.all([...silent, dripping].map(untilClosed));
    await store.expectUnharmed();
    await expect(readEvents(store.bystander.client, stream)).rejects.toThrow(StreamNotFoundError);
  });
});
