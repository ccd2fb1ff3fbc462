// A process under measurement: started, waited for, and asked the kernel about.
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from '@orders/local-system/managed-process';
import { waitUntilReady } from '@orders/local-system/readiness';

export type BenchedProcess = Readonly<{
  /** Seconds of processor time since its start. */
  cpuSeconds: () => number;
  /** Memory that it holds now. */
  residentBytes: () => number;
  stop: () => Promise<unknown>;
}>;

type BenchedProcessOptions = {
  name: string;
  /** Arguments of Node. */
  args: readonly string[];
  port: number;
  /** Whether it answers health checks, or only connections. */
  readiness: 'http' | 'tcp';
  env: Readonly<Record<string, string | undefined>>;
};

const stopWithinMs = 5_000;

/** Resolves when the process serves on its port; rejects when it ends before. */
export async function startBenched(options: BenchedProcessOptions): Promise<BenchedProcess> {
  const { name, args, port, readiness, env } = options;
  const command = process.execPath;
  const started = startProcess({ name, command, args: ['--disable-warning=ExperimentalWarning', ...args], env });
  const url = `http://127.0.0.1:${port}/health/ready`;
  if (readiness === 'http') {
    await waitUntilReady(started, { readiness: { kind: 'http', url }, signal: new AbortController().signal });
  } else {
    const ended = started.exited.then(() =>
      Promise.reject(new Error(`${name} ended: ${started.recentLines().at(-1)}`)),
    );
    await Promise.race([untilListening(port), ended]);
  }
  const proc = (file: string) => readFileSync(`/proc/${started.pid}/${file}`, 'utf8');
  return {
    cpuSeconds: () => {
      // Behind the name, which may hold anything, in clock ticks: utime and stime are fields 14 and 15 of proc(5).
      const fields = proc('stat').split(') ').at(-1)?.split(' ') ?? [];
      const ticksPerSecond = 100;
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
    residentBytes: () => Number(/VmRSS:\s+(\d+) kB/.exec(proc('status'))?.[1]) * 1_024,
    stop: () => started.stop(stopWithinMs),
  };
}

async function untilListening(port: number): Promise<void> {
  const pauseMs = 20;
  const accepts = () =>
    new Promise<boolean>((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port }, () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  while (!(await accepts())) await sleep(pauseMs);
}
