// A child process whose end belongs to whoever started it. It leads a process group of its own, so that Ctrl-C in a
// terminal reaches only the parent, which then decides the order; and so that nothing it has started outlives it.
import { type ChildProcess, spawn } from 'node:child_process';
import { splitLines } from './line-splitter.ts';

export type ProcessExit = { code: number | null; signal: NodeJS.Signals | null };

export type ProcessCommand = {
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment of the process, nothing is inherited. */
  env: Readonly<Record<string, string | undefined>>;
};

type StartOptions = ProcessCommand & {
  /** A line of standard output or standard error. */
  onLine?: (line: string) => void;
  onExit?: (exit: ProcessExit) => void;
};

export type ManagedProcess = {
  name: string;
  /** Undefined if the command could not be started at all. */
  pid: number | undefined;
  /** Resolves once the process is gone and its last line was handed over. Never rejects. */
  exited: Promise<ProcessExit>;
  /** The last lines that it wrote, oldest first. */
  recentLines: () => readonly string[];
  kill: (signal: NodeJS.Signals) => void;
  /** Asks with SIGTERM, insists with SIGKILL after `deadlineMs`, and resolves when the process is gone. */
  stop: (deadlineMs: number) => Promise<ProcessExit>;
};

/** Everything that this process has started and that still runs. */
const running = new Set<ChildProcess>();

/** At once, and without asking: for a parent that is about to end itself. */
export function killStartedProcesses(): void {
  for (const child of running) signalGroup(child, 'SIGKILL');
}

const recentLinesMax = 20;
/** What a shell answers for a command that it does not find. */
const commandNotStarted = 127;

export function startProcess({ name, command, args, env, onLine, onExit }: StartOptions): ManagedProcess {
  const recent: string[] = [];
  const keepLine = (line: string) => {
    recent.push(line);
    if (recent.length > recentLinesMax) recent.shift();
    onLine?.(line);
  };
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  for (const stream of [child.stdout, child.stderr]) {
    const lines = splitLines(keepLine);
    stream.on('data', lines.push);
    stream.once('end', lines.end);
  }
  const exited = waitForExit(child, (err) => keepLine(`${command} could not be started: ${err.message}`));
  if (onExit !== undefined) void exited.then(onExit);
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const kill = (signal: NodeJS.Signals) => {
    if (isRunning()) signalGroup(child, signal);
  };

  return {
    name,
    pid: child.pid,
    exited,
    recentLines: () => recent,
    kill,
    async stop(deadlineMs) {
      kill('SIGTERM');
      const insist = setTimeout(kill, deadlineMs, 'SIGKILL');
      const exit = await exited;
      clearTimeout(insist);
      return exit;
    },
  };
}

function waitForExit(child: ChildProcess, onStartFailed: (err: Error) => void): Promise<ProcessExit> {
  return new Promise((resolve) => {
    child.once('error', (err) => {
      if (child.pid !== undefined) return;
      onStartFailed(err);
      resolve({ code: commandNotStarted, signal: null });
    });
    // Whatever the process has left in its group would also keep the pipes open, and so hold back 'close'.
    child.once('exit', () => signalGroup(child, 'SIGKILL'));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (err) {
    // Nobody of the group is left, which macOS reports as EPERM: that is what was asked for.
    const { code } = err as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw err;
  }
}

export const describeExit = ({ code, signal }: ProcessExit): string =>
  signal === null ? `exit code ${code}` : `signal ${signal}`;
