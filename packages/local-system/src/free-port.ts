import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port of the loopback address that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
  return address.port;
}

type Tuple<Length extends number, Found extends number[] = []> = Found['length'] extends Length
  ? Found
  : Tuple<Length, [...Found, number]>;

// Below the range from which the kernel gives out ports for outgoing connections, which would take one of a run away.
const lowestPort = 10_240;
const highestPort = 30_000;

/** A run of neighbouring ports that were free a moment ago. */
export async function freePorts<Length extends number>(length: Length): Promise<Tuple<Length>> {
  for (let tries = 0; tries < 100; tries += 1) {
    const first = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort - length));
    const run = Array.from({ length }, (_, index) => first + index);
    const free = await Promise.all(run.map(isFree));
    if (free.every(Boolean)) return run as Tuple<Length>;
  }
  throw new Error(`no ${length} neighbouring ports are free`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
