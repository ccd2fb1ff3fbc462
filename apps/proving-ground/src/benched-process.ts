// A process under measurement: started, waited for, and asked the kernel about.
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from '@orders/local-system/managed-process';
import { waitUntilReady } from '@orders/local-system/readiness';
import { type ProcessUsage, usageOf } from './bench/process-usage.ts';

export type BenchedProcess = Readonly<{
  usage: () => ProcessUsage;
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
  const usage = () => usageOf(started.pid);
  return {
    usage,
    cpuSeconds: () => usage().cpuSeconds,
    residentBytes: () => usage().residentBytes,
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
