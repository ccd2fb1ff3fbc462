import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '@orders/local-system/free-port';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTcpLink, type TcpLink } from '../src/tcp-link.ts';

const generously = { timeout: 30_000 };

let echo: Server;
let link: TcpLink;
let port: number;
const clients: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  port = await freePort();
  link = await openTcpLink({ port, targetPort: (echo.address() as AddressInfo).port });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await link.close();
  echo.close();
});

/** What comes back over the link, and how the connection ended. */
function call() {
  const heard = { text: '', ended: false };
  const socket = connect({ host: '127.0.0.1', port });
  clients.push(socket);
  socket.on('data', (chunk) => {
    heard.text += chunk;
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    heard.ended = true;
  });
  return { heard, say: (text: string) => socket.write(text) };
}

describe('a link between two processes', () => {
  it('passes on what it gets, whole and in order', async () => {
    const { heard, say } = call();
    const text = Array.from({ length: 20_000 }, (_, n) => `${n},`).join('');
    say(text);
    await vi.waitFor(() => expect(heard.text).toBe(text), generously);
  });

  it('breaks connections when it is cut, and lets none come about until it is whole', async () => {
    const before = call();
    before.say('a');
    await vi.waitFor(() => expect(before.heard.text).toBe('a'), generously);
    link.become({ kind: 'cut' });
    await vi.waitFor(() => expect(before.heard.ended).toBe(true), generously);
    const during = call();
    await vi.waitFor(() => expect(during.heard.ended).toBe(true), generously);
    link.become({ kind: 'whole' });
    const after = call();
    after.say('b');
    await vi.waitFor(() => expect(after.heard.text).toBe('b'), generously);
  });

  it('keeps what is sent into a silence, and delivers it afterwards', async () => {
    const { heard, say } = call();
    say('a');
    await vi.waitFor(() => expect(heard.text).toBe('a'), generously);
    link.become({ kind: 'silent' });
    say('b');
    const other = call();
    other.say('c');
    link.become({ kind: 'slow', delayMs: 5 });
    await vi.waitFor(() => expect(heard.text).toBe('ab'), generously);
    await vi.waitFor(() => expect(other.heard.text).toBe('c'), generously);
    expect(heard.ended).toBe(false);
  });

  it('lets nothing through while it is silent', async () => {
    const { heard, say } = call();
    link.become({ kind: 'silent' });
    say('a');
    const control = call();
    link.become({ kind: 'silent' });
    control.say('b');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([heard.text, control.heard.text]).toEqual(['', '']);
  });
});
