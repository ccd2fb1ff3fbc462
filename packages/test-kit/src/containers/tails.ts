// The last lines of the containers of this test file, for the message of a test that failed: with the container its
// log is gone, and the reason may stand there.
import type { ContainerProcess } from './process.ts';

type Logged = Pick<ContainerProcess, 'id' | 'logTail'>;

const watched = new Set<Logged>();
let tailsOfRemoved: string[] = [];

/** Returns what to call before the container is removed. */
export function watchContainer(container: Logged): () => Promise<void> {
  watched.add(container);
  return async () => {
    if (watched.delete(container)) tailsOfRemoved.push(await tailOf(container));
  };
}

/** Of those that run now, and of those that were removed since the last test. */
export async function containerTails(): Promise<string[]> {
  const tails = [...tailsOfRemoved, ...(await Promise.all([...watched].map(tailOf)))];
  tailsOfRemoved = [];
  return tails.filter((tail) => tail !== '');
}

export const forgetRemovedContainers = (): void => {
  tailsOfRemoved = [];
};

async function tailOf({ id, logTail }: Logged): Promise<string> {
  const lines = await logTail().catch((error: unknown) => `has no log: ${error}`);
  return lines === '' ? '' : `container ${id.slice(0, 12)}:\n${lines.replaceAll(/^/gm, '    ')}`;
}
