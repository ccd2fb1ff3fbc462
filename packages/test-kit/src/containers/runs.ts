// The containers of one test run, known by their label, so that none is left behind: neither after a run that ended,
// nor after one that was interrupted or killed. Where Ryuk can be had it does the same; this needs no image.
import { hostname } from 'node:os';
import type { ContainerRuntimeClient } from 'testcontainers';

export const runLabel = 'orders.test-run';

/** Names the process whose containers these are: when it is gone, so may they be. */
export const thisRun = (): string => `${hostname()}/${process.pid}/${Date.now()}`;

/** How many there were. */
export async function removeContainersOf(client: ContainerRuntimeClient, run: string): Promise<number> {
  const containers = await labelled(client, `${runLabel}=${run}`);
  await remove(client, containers);
  return containers.length;
}

/** Those of runs on this machine whose process has ended. */
export async function removeStaleContainers(client: ContainerRuntimeClient): Promise<number> {
  const containers = await labelled(client, runLabel);
  const stale = containers.filter(({ Labels }) => isOver(Labels[runLabel] ?? ''));
  await remove(client, stale);
  return stale.length;
}

function isOver(run: string): boolean {
  const [host, pid] = run.split('/');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // A process that belongs to somebody else lives.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

const labelled = (client: ContainerRuntimeClient, label: string) =>
  client.container.dockerode.listContainers({ all: true, filters: { label: [label] } });

async function remove(client: ContainerRuntimeClient, containers: readonly { Id: string }[]): Promise<void> {
  await Promise.all(containers.map(({ Id }) => removeContainer(client, Id)));
}

/** At once, with its volumes. One that is gone, or going, is what was wanted. */
export async function removeContainer(client: ContainerRuntimeClient, id: string): Promise<void> {
  try {
    await client.container.getById(id).remove({ force: true, v: true });
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    if (statusCode !== 404 && statusCode !== 409) throw error;
  }
}
