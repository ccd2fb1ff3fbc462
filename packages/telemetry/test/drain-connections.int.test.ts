// How a server stops while clients, or a balancer in front of it, hold connections.
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { drainConnections } from '@orders/telemetry/drain-connections';
import Fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

async function drainedServer() {
  const app = Fastify({ forceCloseConnections: 'idle', return503OnClosing: false });
  drainConnections(app);
  app.get('/', async () => 'answered');
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  return app;
}

async function openConnection({ server }: Awaited<ReturnType<typeof drainedServer>>) {
  const accepted = once(server, 'connection');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await accepted;
  return socket;
}

it('answers the request of a connection that was new when the stop began, and then closes it', async () => {
  const app = await drainedServer();
  const socket = await openConnection(app);
  const closed = app.close();
  socket.write(get);
  const answer = await text(socket);
  expect(answer).toContain('HTTP/1.1 200 OK');
  expect(answer).toMatch(/^connection: close/im);
  await closed;
});

it('stops although a connection is open that is never used', async () => {
  const app = await drainedServer();
  const socket = await openConnection(app);
  await app.close();
  expect(await text(socket)).toBe('');
});

it('stops although a connection is kept open for another request', async () => {
  const app = await drainedServer();
  const socket = await openConnection(app);
  socket.write(get);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toContain('HTTP/1.1 200 OK');
  await app.close();
  expect(await text(socket)).toBe('');
});
