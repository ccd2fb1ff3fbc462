// Waits until a process does its work, not merely exists. A process that dies first ends the waiting at once, with what
// it said last, because that is what its operator needs to read.
import { get } from 'node:http';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeExit, type ManagedProcess } from './managed-process.ts';

export type Readiness = { kind: 'http'; url: string } | { kind: 'redis'; host: string; port: number };

/** The process is not ready, and will not be; the message is made for an operator. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
}

/** Generous: Redis reads its file and the projector catches up, on a slow machine. */
export const readyWithinMs = 120_000;
const probeEveryMs = 50;
const probeTimeoutMs = 3_000;

type WaitOptions = { readiness: Readiness; signal: AbortSignal; limitMs?: number };

/** Rejects with {@link NotReadyError}, or with an `AbortError` once `signal` is aborted. */
export async function waitUntilReady(process: ManagedProcess, options: WaitOptions): Promise<void> {
  const { readiness, signal, limitMs = readyWithinMs } = options;
  const waiting = new AbortController();
  const until = AbortSignal.any([signal, waiting.signal]);
  try {
    await Promise.race([probeUntilReady(process.name, readiness, { until, limitMs }), rejectOnExit(process)]);
  } finally {
    waiting.abort();
  }
}

async function probeUntilReady(name: string, readiness: Readiness, limits: { until: AbortSignal; limitMs: number }) {
  const { until, limitMs } = limits;
  const end = performance.now() + limitMs;
  while (!(await isReady(readiness))) {
    if (performance.now() > end) throw new NotReadyError(`${name} was not ready within ${limitMs / 1_000} s`);
    await sleep(probeEveryMs, undefined, { signal: until });
  }
}

async function rejectOnExit(process: ManagedProcess): Promise<never> {
  const exit = await process.exited;
  const lastWords = process.recentLines().at(-1);
  const because = lastWords === undefined ? '' : `: ${messageOf(lastWords)}`;
  throw new NotReadyError(`${process.name} ended before it was ready (${describeExit(exit)})${because}`);
}

export const isReady = (readiness: Readiness): Promise<boolean> =>
  readiness.kind === 'http' ? answersWithSuccess(readiness.url) : answersPing(readiness);

function answersWithSuccess(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    // Without an agent the connection ends with the answer, so that nobody's shutdown waits for it.
    const request = get(url, { agent: false, timeout: probeTimeoutMs }, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      resolve(statusCode >= 200 && statusCode < 300);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
    request.once('close', () => resolve(false));
  });
}

// While Redis reads its file it answers with -LOADING.
function answersPing({ host, port }: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: probeTimeoutMs }, () => socket.write('PING\r\n'));
    const answer = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.once('data', (data) => answer(data.includes('+PONG')));
    socket.once('timeout', () => answer(false));
    socket.once('error', () => answer(false));
    socket.once('close', () => resolve(false));
  });
}

/** The text of a line, be it plain or a JSON log line. */
function messageOf(line: string): string {
  try {
    const { msg } = JSON.parse(line) as { msg?: unknown };
    return typeof msg === 'string' ? msg : line;
  } catch {
    return line;
  }
}
