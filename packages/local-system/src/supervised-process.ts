// Keeps one process running: dead for whatever reason, it is started again, ever more slowly while it does not live
// long. Only a process that cannot use its configuration stays down, because no further start would change that.
import type { ManagedProcess, ProcessExit } from './managed-process.ts';

export type SupervisorLimits = {
  firstPauseMs: number;
  pauseMsMax: number;
  /** A process that lived this long counts as healthy: its next pause is the first one again. */
  healthyAfterMs: number;
};

export const supervisorLimits: SupervisorLimits = { firstPauseMs: 500, pauseMsMax: 10_000, healthyAfterMs: 60_000 };

/** The exit code of sysexits.h for a configuration that cannot be used. */
const unusableConfiguration = 78;

type SuperviseOptions = {
  /** The process to begin with; `start` makes its successors. */
  process: ManagedProcess;
  start: () => ManagedProcess;
  onRestart: (event: { name: string; exit: ProcessExit; pauseMs: number }) => void;
  onUnusable: (process: ManagedProcess) => void;
  nowMs?: () => number;
  limits?: SupervisorLimits;
};

export type SupervisedProcess = {
  /** The one that runs, or ran last. */
  current: () => ManagedProcess;
  /** Ends the supervision, then the process. */
  stop: (deadlineMs: number) => Promise<ProcessExit>;
};

export function superviseProcess(options: SuperviseOptions): SupervisedProcess {
  const { start, onRestart, onUnusable, nowMs = () => performance.now(), limits = supervisorLimits } = options;
  let current = options.process;
  let pauseMs = limits.firstPauseMs;
  let restart: NodeJS.Timeout | undefined;
  let stopping = false;

  function watch(process: ManagedProcess) {
    current = process;
    const bornMs = nowMs();
    void process.exited.then((exit) => {
      if (stopping) return;
      if (exit.code === unusableConfiguration) return onUnusable(process);
      if (nowMs() - bornMs >= limits.healthyAfterMs) pauseMs = limits.firstPauseMs;
      onRestart({ name: process.name, exit, pauseMs });
      restart = setTimeout(() => watch(start()), pauseMs);
      pauseMs = Math.min(pauseMs * 2, limits.pauseMsMax);
    });
  }

  watch(current);
  return {
    current: () => current,
    stop(deadlineMs) {
      stopping = true;
      clearTimeout(restart);
      return current.stop(deadlineMs);
    },
  };
}
