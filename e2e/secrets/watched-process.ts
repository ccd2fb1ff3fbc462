// A process of the gateway all of whose output is kept, in an environment of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

const root = join(import.meta.dirname, '../..');
const patience = { timeout: 50_000, interval: 50 };

export type WatchedProcess = {
  pid: number;
  output: () => string;
  /** Until it has written what matches each of these, or has ended. */
  hasSaid: (...what: readonly RegExp[]) => Promise<void>;
  /** Asks it to stop, unless it has ended by itself; the exit code. */
  stop: () => Promise<number | null>;
  exited: Promise<number | null>;
};

export type Env = Readonly<Record<string, string>>;

/** Logs everything that it can. */
export function startWatched(app: string, env: Env, args: readonly string[] = []): WatchedProcess {
  const main = join(root, 'apps', app, 'src/main.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'trace', ADMIN_HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  let ended = false;
  const exited = once(child, 'close').then(([code]) => {
    ended = true;
    return code as number | null;
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    pid: child.pid ?? 0,
    output: () => output,
    hasSaid: (...what) =>
      vi.waitFor(() => {
        const missing = ended ? [] : what.filter((words) => !words.test(output));
        if (missing.length > 0)
          throw new Error(`${app} has not said ${missing.join(', ')}, but ${output.slice(-2_000)}`);
      }, patience),
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    exited,
  };
}

/** Everything that an answer shows: status, headers and body; empty if there is none. */
export async function answerOf(url: string, init: RequestInit = {}): Promise<string> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(15_000) });
    return [answer.status, JSON.stringify([...answer.headers]), await answer.text()].join('\n');
  } catch {
    return '';
  }
}
