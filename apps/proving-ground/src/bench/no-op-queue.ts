// The processes around a queue whose jobs do nothing, on a Redis that is there already.
import { freePorts } from '@orders/local-system/free-port';
import type { ProcessUsage } from './process-usage.ts';
import { startReference } from './reference-process.ts';
import type { Round } from './round.ts';
import { askForRound } from './round-service.ts';

type NoOpQueueOptions = { redisUrl: string; workers: number; concurrency: number; path: string | undefined };

export type NoOpQueue = {
  /** Resolves when all jobs are completed. */
  round: (jobs: number) => Promise<Round>;
  usage: () => ReadonlyMap<string, ProcessUsage>;
  stop: () => Promise<unknown>;
};

const script = 'bench-no-op-queue.ts';

export async function startNoOpQueue({ redisUrl, workers, concurrency, path }: NoOpQueueOptions): Promise<NoOpQueue> {
  // One that adds, and eight workers at the most.
  const [addingPort, ...workerPorts] = await freePorts(9);
  const adding = startReference({ script, port: addingPort, args: ['add', redisUrl], path });
  const taking = workerPorts
    .slice(0, workers)
    .map((port) => startReference({ script, port, args: ['take', redisUrl, String(concurrency)], path }));
  const started = await Promise.all([adding, ...taking]);
  return {
    round: (jobs) => askForRound(addingPort, { jobs }),
    usage: () => new Map(started.map(({ usage }, index) => [index === 0 ? 'adds' : `no-op worker-${index}`, usage()])),
    stop: () => Promise.all(started.map(({ stop }) => stop())),
  };
}
