// Finds a port that cannot be had before anything is started, so that the answer is one line that names the setting,
// and not the death of one process among ten.
import { once } from 'node:events';
import { createServer } from 'node:net';

export type PlannedPort = {
  /** The process that will listen. */
  owner: string;
  /** The setting that the port comes from. */
  setting: string;
  host: string;
  port: number;
};

const portMax = 65_535;

/** One sentence about the first port that cannot be used, or null. */
export async function findPortProblem(ports: readonly PlannedPort[]): Promise<string | null> {
  const planned = ports.map((port, index) => impossible(port) ?? wantedTwice(port, ports.slice(0, index)));
  const problem = planned.find((found) => found !== null);
  if (problem !== undefined) return problem;
  for (const port of ports) {
    const taken = await tryToListen(port);
    if (taken !== null) return taken;
  }
  return null;
}

function impossible({ owner, setting, port }: PlannedPort): string | null {
  if (port === 0) return `${setting} is 0, but the port of ${owner} must be known: set it to a free port`;
  return port > portMax ? `port ${port} for ${owner} is above ${portMax}: set ${setting} to a lower port` : null;
}

function wantedTwice({ owner, setting, port }: PlannedPort, others: readonly PlannedPort[]): string | null {
  const rival = others.find((other) => other.port === port);
  if (rival === undefined) return null;
  const settings = setting === rival.setting ? setting : `${rival.setting} or ${setting}`;
  return `port ${port} is wanted by both ${rival.owner} and ${owner}: set ${settings} to another port`;
}

// Always an exclusive attempt: a port that several API processes are to share must not be shared with strangers.
async function tryToListen({ owner, setting, host, port }: PlannedPort): Promise<string | null> {
  const server = createServer();
  try {
    const listening = once(server, 'listening');
    server.listen({ host, port, exclusive: true });
    await listening;
    return null;
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      return `port ${port} (${owner}) is taken: stop what uses it, or set ${setting} to a free port`;
    }
    if (code === 'EACCES') {
      return `port ${port} (${owner}) may not be opened by this user: run as root, or set ${setting} to a port above 1023`;
    }
    return `${owner} cannot listen on ${host}, port ${port} (${setting}): ${message}`;
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}
