// A Redis that is killed, and started again on what it had, or on what it had some time ago: what a restored backup, or
// a replica that lagged behind, does to those who rely on it.
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ManagedProcess, startProcess } from '@orders/local-system/managed-process';
import { waitUntilReady } from '@orders/local-system/readiness';
import { redisArguments, redisHost } from '@orders/local-system/redis-process';

export type DoomedRedis = {
  start: () => Promise<void>;
  /** SIGKILL, and after a moment a new start on the same files. */
  kill: () => Promise<void>;
  freeze: () => void;
  thaw: () => void;
  /** FLUSHALL. */
  flush: () => Promise<void>;
  /** Keeps a copy of its files as they are now. */
  copy: () => Promise<void>;
  /** SIGKILL, and a new start on the files of an earlier moment; `false` when there is no copy yet. */
  restore: (pick: (copies: number) => number) => Promise<boolean>;
  stop: () => Promise<void>;
};

type DoomedRedisOptions = { port: number; folder: string; pathVariable: string; onLine: (line: string) => void };

const downMs = 500;
const stopWithinMs = 5_000;
const answerWithinMs = 2_000;
const copiesMax = 5;

export function doomedRedis({ port, folder, pathVariable, onLine }: DoomedRedisOptions): DoomedRedis {
  const files = join(folder, 'redis');
  const copies = join(folder, 'redis-copies');
  let running: ManagedProcess | undefined;
  let isFrozen = false;
  let copied = 0;
  // One change at a time: a kill in the middle of a restore would begin on half a copy.
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = last.then(change);
    last = done.catch(() => undefined);
    return done;
  }

  async function start(): Promise<void> {
    await mkdir(files, { recursive: true });
    isFrozen = false;
    running = startProcess({
      name: 'redis',
      command: 'redis-server',
      args: redisArguments({ port, folder: files }),
      env: { PATH: pathVariable },
      onLine,
    });
    const readiness = { kind: 'redis', host: redisHost, port } as const;
    await waitUntilReady(running, { readiness, signal: new AbortController().signal });
  }

  async function end(): Promise<void> {
    running?.kill('SIGKILL');
    await running?.exited;
    await sleep(downMs);
  }

  return {
    start,
    freeze: () => {
      isFrozen = true;
      running?.kill('SIGSTOP');
    },
    thaw: () => {
      isFrozen = false;
      running?.kill('SIGCONT');
    },
    kill: () =>
      inTurn(async () => {
        await end();
        await start();
      }),
    flush: () => send(port, 'FLUSHALL'),
    copy: () =>
      inTurn(async () => {
        // Held still, so that the copy is what a kill of this moment would have left.
        running?.kill('SIGSTOP');
        await cp(files, join(copies, String(copied)), { recursive: true });
        if (!isFrozen) running?.kill('SIGCONT');
        copied += 1;
        if (copied > copiesMax) await rm(join(copies, String(copied - copiesMax - 1)), { recursive: true });
      }),
    restore: (pick) =>
      inTurn(async () => {
        if (copied === 0) return false;
        const kept = (await readdir(copies)).toSorted((a, b) => Number(a) - Number(b));
        await end();
        await rm(files, { recursive: true });
        await cp(join(copies, kept[pick(kept.length)] ?? '0'), files, { recursive: true });
        await start();
        return true;
      }),
    stop: () => inTurn(async () => void (await running?.stop(stopWithinMs))),
  };
}

/** Resolves to nothing once Redis has obeyed; rejects when it does not answer. */
function send(port: number, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: redisHost, port, timeout: answerWithinMs });
    socket.once('connect', () => socket.write(`${command}\r\n`));
    socket.once('data', (answer) => {
      socket.destroy();
      if (answer.includes('+OK')) resolve();
      else reject(new Error(`Redis answered ${answer.toString().trim()}`));
    });
    socket.once('timeout', () => socket.destroy(new Error('Redis did not answer')));
    socket.once('error', reject);
  });
}
