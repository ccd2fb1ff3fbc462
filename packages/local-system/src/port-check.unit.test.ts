import { once } from 'node:events';
import { type AddressInfo, createServer, type ListenOptions } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findPortProblem, type PlannedPort } from './port-check.ts';

const host = '127.0.0.1';

const planned = (port: number, over: Partial<PlannedPort> = {}): PlannedPort => ({
  owner: 'exchange',
  setting: 'EXCHANGE_PORT',
  host,
  port,
  ...over,
});

async function takenPort(options: ListenOptions = {}): Promise<number> {
  const server = createServer().listen({ host, port: 0, ...options });
  await once(server, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen({ host, port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('has nothing to say about free ports, and leaves them free', async () => {
  const ports = [planned(await freePort())];
  expect(await findPortProblem(ports)).toBeNull();
  expect(await findPortProblem(ports)).toBeNull();
});

it('names the taken port, who wants it and the setting to change', async () => {
  const port = await takenPort();
  expect(await findPortProblem([planned(port)])).toBe(
    `port ${port} (exchange) is taken: stop what uses it, or set EXCHANGE_PORT to a free port`,
  );
});

it('regards a port as taken that its owner would be ready to share', async () => {
  const port = await takenPort(process.platform === 'linux' ? { reusePort: true } : {});
  expect(await findPortProblem([planned(port)])).toContain(`port ${port} (exchange) is taken`);
});

it('finds two processes of the system that want the same port', async () => {
  const projector = { owner: 'projector', setting: 'PROJECTOR_ADMIN_PORT' };
  expect(await findPortProblem([planned(7_000), planned(7_000, projector)])).toBe(
    'port 7000 is wanted by both exchange and projector: set EXCHANGE_PORT or PROJECTOR_ADMIN_PORT to another port',
  );
});

it('refuses a port that nobody could be told, and one that does not exist', async () => {
  expect(await findPortProblem([planned(0)])).toBe(
    'EXCHANGE_PORT is 0, but the port of exchange must be known: set it to a free port',
  );
  expect(await findPortProblem([planned(65_536)])).toBe(
    'port 65536 for exchange is above 65535: set EXCHANGE_PORT to a lower port',
  );
});

it('names an address that this machine does not have', async () => {
  const problem = await findPortProblem([planned(await freePort(), { host: '192.0.2.1' })]);
  expect(problem).toMatch(/^exchange cannot listen on 192\.0\.2\.1, port \d+ \(EXCHANGE_PORT\): .*EADDRNOTAVAIL/);
});
