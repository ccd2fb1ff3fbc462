// A worker whose blocking connection to Redis was lost can look alive and never fetch again. Jobs that wait while
// nothing is fetched for a long time are the sign, and a new process the cure.
export class WorkerStuckError extends Error {
  override readonly name = 'WorkerStuckError';
}

type StallWatchDeps = { waiting: () => Promise<number>; nowMs: () => number };

export function createStallWatch({ waiting, nowMs }: StallWatchDeps, patienceMs: number) {
  let lastSign = nowMs();
  let active = 0;

  return {
    /** The same function, counted while it runs. */
    around: <Args extends unknown[], Result>(run: (...args: Args) => Promise<Result>) => {
      return async (...args: Args): Promise<Result> => {
        active += 1;
        try {
          return await run(...args);
        } finally {
          active -= 1;
          lastSign = nowMs();
        }
      };
    },
    /** Rejects with {@link WorkerStuckError} when jobs have waited, untouched, for longer than the patience. */
    check: async (): Promise<void> => {
      if (active > 0 || (await waiting()) === 0) lastSign = nowMs();
      const idleMs = nowMs() - lastSign;
      if (idleMs > patienceMs) throw new WorkerStuckError(`jobs are waiting, none was fetched for ${idleMs} ms`);
    },
  };
}
