// Connections that speak neither protocol as they should, or that break: they are closed, what they began leaves
// nothing behind, and a client that works alongside notices nothing.
import type { Socket } from 'node:net';
import { StreamNotFoundError } from '@eventstore/db-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freshStream, readEvents } from '../running-store.ts';
import {
  endStream,
  http2Frame,
  http2Preface,
  openingFrame,
  openSocket,
  paths,
  resetFrame,
  settingsFrame,
  untilClosed,
} from './raw-calls.ts';
import { openedAppend } from './requests.ts';
import { startWatchedStore, type WatchedStore } from './watched-store.ts';

const generously = { timeout: 50_000 };

let store: WatchedStore;

async function answerTo(...bytes: (string | Uint8Array)[]): Promise<string> {
  const socket = await openSocket(store.port);
  for (const chunk of bytes) socket.write(chunk);
  return untilClosed(socket);
}

const greeting = Buffer.concat([http2Preface, settingsFrame]);
const frames = (count: number, frame: Buffer) => Buffer.concat(Array.from({ length: count }, () => frame));

describe('a server', () => {
  beforeAll(async () => {
    store = await startWatchedStore();
  });
  afterAll(() => store.stop());
  afterEach(() => store.expectUnharmed());

  describe('HTTP/1.1', () => {
    it.each([
      ['garbage', 'garbage\r\n\r\n', '400'],
      ['the first bytes of TLS', Buffer.from('16030100c8010000c40303', 'hex'), '400'],
      ['a URL that is none', 'GET http://[::x/ping?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n', '404'],
      ['a body that is never sent', 'POST /ping HTTP/1.1\r\nHost: x\r\ncontent-length: 1000000000\r\n\r\nxxx', '405'],
      ['an upgrade', 'GET /ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', '200'],
      ['chunks without an end', `PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\nx`, '404'],
    ])('with %s is answered, and closed', async (_name, bytes, status) => {
      expect(await answerTo(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`));
    });

    it('with more headers than anybody sends is closed', async () => {
      expect(await answerTo(`GET /ping HTTP/1.1\r\nx: ${'x'.repeat(1_000_000)}\r\n\r\n`)).toMatch(
        /^(HTTP\/1\.1 431.*)?/,
      );
    });

    it('with many requests at once is answered once, and closed', async () => {
      const answer = await answerTo('GET /ping HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100));
      expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    });

    it.each(['', 'P', 'PR', 'GET /pi'])('that ends after "%s" is closed', async (bytes) => {
      const socket = await openSocket(store.port);
      socket.end(bytes);
      await untilClosed(socket);
    });
  });

  describe('HTTP/2', () => {
    it.each([
      ['half a preface and garbage', Buffer.from('PRI nonsense')],
      ['garbage after the preface', Buffer.concat([http2Preface, Buffer.alloc(1_000, 'A')])],
      ['garbage after the settings', Buffer.concat([greeting, Buffer.alloc(1_000, 'A')])],
      ['settings of a wrong length', Buffer.concat([http2Preface, http2Frame({ type: 4, payload: Buffer.alloc(7) })])],
      ['data of no call', Buffer.concat([greeting, http2Frame({ type: 0, payload: Buffer.alloc(7) })])],
      ['a frame that is too large', Buffer.concat([greeting, http2Frame({ type: 0, stream: 1, length: 0xff_ffff })])],
      ['a window of nothing', Buffer.concat([greeting, http2Frame({ type: 8, payload: Buffer.alloc(4) })])],
      ['a push', Buffer.concat([greeting, http2Frame({ type: 5, stream: 1, flags: 4, payload: Buffer.alloc(4) })])],
      [
        'unreadable headers',
        Buffer.concat([greeting, http2Frame({ type: 1, stream: 1, flags: 4, payload: Buffer.alloc(9, 0xff) })]),
      ],
      [
        'headers without an end',
        Buffer.concat([
          greeting,
          openingFrame(paths.read, 1, 0),
          frames(5_000, http2Frame({ type: 9, stream: 1, payload: Buffer.alloc(1_000, 0x82) })),
        ]),
      ],
      [
        'pings that are never read',
        Buffer.concat([greeting, frames(200_000, http2Frame({ type: 6, payload: Buffer.alloc(8) }))]),
      ],
      ['settings without an end', Buffer.concat([greeting, frames(200_000, settingsFrame)])],
    ])('with %s is closed', async (_name, bytes) => {
      const socket = await openSocket(store.port);
      socket.write(bytes);
      await untilClosed(socket);
    });

    it('that opens calls and resets them at once is closed', async () => {
      const socket = await openSocket(store.port);
      const flood = Array.from({ length: 20_000 }, (_, index) => {
        const stream = 2 * index + 1;
        return Buffer.concat([openingFrame(paths.read, stream), resetFrame(8, stream)]);
      });
      socket.write(Buffer.concat([greeting, ...flood]));
      await untilClosed(socket);
    });

    it('opens no more than 2,000 calls at a time', async () => {
      const { openCalls } = await store.figures();
      const socket = await openSocket(store.port);
      // Node cuts a connection that goes on about it: after more than 100 refusals.
      const flood = Array.from({ length: 2_050 }, (_, index) => openingFrame(paths.batchAppend, 2 * index + 1));
      socket.write(Buffer.concat([greeting, ...flood]));
      await vi.waitFor(async () => expect((await store.figures()).openCalls).toBe(openCalls + 2_000), generously);
      socket.destroy();
    });
  });

  describe('an append whose connection breaks before its end', () => {
    const opened = (stream: string) =>
      Buffer.concat([
        greeting,
        openingFrame(paths.append),
        http2Frame({ type: 0, stream: 1, payload: openedAppend(stream) }),
      ]);
    /** Once the call is open, its events have arrived as well: they came in the same segment, or wait in the socket. */
    async function begin(stream: string) {
      const { openCalls } = await store.figures();
      const socket = await openSocket(store.port);
      socket.resume();
      socket.write(opened(stream));
      await vi.waitFor(async () => expect((await store.figures()).openCalls).toBe(openCalls + 1), generously);
      return socket;
    }

    it('would be stored if the call ended', async () => {
      const stream = freshStream();
      const socket = await begin(stream);
      socket.write(http2Frame({ type: 0, flags: endStream, stream: 1 }));
      await vi.waitFor(
        async () => expect(await readEvents(store.bystander.client, stream)).toHaveLength(1),
        generously,
      );
      socket.destroy();
    });

    const goaway = http2Frame({ type: 7, payload: Buffer.alloc(8) });
    it.each<[string, (socket: Socket) => unknown]>([
      ['a reset for no reason', (socket) => socket.end(resetFrame(0))],
      ['a reset for an error', (socket) => socket.end(resetFrame(2))],
      ['a cancellation', (socket) => socket.end(resetFrame(8))],
      ['a farewell', (socket) => socket.end(goaway)],
      ['the end of the connection', (socket) => socket.end()],
      ['a cut connection', (socket) => socket.resetAndDestroy()],
    ])('by %s leaves nothing', async (_name, breakOff) => {
      const stream = freshStream();
      breakOff(await begin(stream));
      await store.expectUnharmed();
      await expect(readEvents(store.bystander.client, stream)).rejects.toThrow(StreamNotFoundError);
    });
  });

  describe('many connections', () => {
    it('beyond 2,000 are refused, and those that are there go on', async () => {
      const sockets: Socket[] = [];
      for (let hundreds = 0; hundreds < 22; hundreds += 1) {
        sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => openSocket(store.port)))));
      }
      const refused = () => sockets.filter(({ closed }) => closed).length;
      await vi.waitFor(() => expect(refused()).toBeGreaterThan(190), generously);
      await store.bystander.expectUnharmed();
      // A reset leaves no port behind that waits for a minute.
      for (const socket of sockets) socket.resetAndDestroy();
    });
  });
});

// A server of its own, and after the other one is gone: the clients of one process share the fate of their appends.
it('more connections than the process may open do not end it', async () => {
  const poor = await startWatchedStore((command) => ['sh', '-c', 'ulimit -n 80; exec "$@"', 'sh', ...command]);
  const sockets = await Promise.all(Array.from({ length: 200 }, () => openSocket(poor.port)));
  for (const socket of sockets) socket.write(Buffer.concat([greeting, openingFrame(paths.read)]));
  await poor.bystander.expectUnharmed();
  for (const socket of sockets) socket.destroy();
  // The kernel has accepted connections that the process had no room for; it closes them one after the other.
  await vi.waitFor(() => fetch(`${poor.url}/ping`), generously);
  await poor.expectUnharmed();
  await poor.stop();
});
