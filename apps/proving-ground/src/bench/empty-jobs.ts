// Empty jobs through BullMQ, from the process that adds them to the one that takes them: the least that a queue between
// two processes costs, on the same Redis as everything else.
import { freePorts } from '@orders/local-system/free-port';
import { startReference } from './reference-process.ts';
import type { Round } from './round.ts';
import { askForRound } from './round-service.ts';

export const emptyJobQueue = 'bench-empty';

export type EmptyJobs = {
  /** The time of a job ends when the worker has it. */
  measure: (load: { ratePerSecond: number; seconds: number }) => Promise<Round>;
  stop: () => Promise<void>;
};

/** Resolves when jobs can be measured. */
export async function startEmptyJobs({ redisUrl, path }: { redisUrl: string; path: string | undefined }) {
  const [adderPort, timerPort] = await freePorts(2);
  const start = (script: string, port: number) => startReference({ script, port, args: [redisUrl], path });
  const processes = await Promise.all([start('bench-job-adder.ts', adderPort), start('bench-job-timer.ts', timerPort)]);
  const jobs: EmptyJobs = {
    async measure(load) {
      const { count } = await askForRound(adderPort, load);
      return askForRound(timerPort, { count });
    },
    async stop() {
      await Promise.all(processes.map(({ stop }) => stop()));
    },
  };
  return jobs;
}
