#!/usr/bin/env node
import { fstatSync } from 'node:fs';
import { styleText } from 'node:util';
import { endWithin, interruptionSignal } from '@orders/lifecycle/interruption';
import type { StopReason } from './command-context.ts';
import { runOrders } from './run-orders.ts';

const { stdout, stderr, stdin } = process;
const lingerMs = 500;

// A pipe takes this much as a whole or not at all, so that a process which is killed leaves no half line in it. What
// is larger is cheaper, and what goes to a file does not have to wait for room.
const pipeBytes = 4_096;
const fileBytes = 65_536;
const target = fstatSync(stdout.fd);
const isPipe = target.isFIFO() || target.isSocket();

// A reader such as head may leave early.
const readerGone = new AbortController();
stdout.on('error', () => readerGone.abort('no reader' satisfies StopReason));

// Nobody is left to be told.
stderr.on('error', () => undefined);

// A write that waits for others is joined with them; one that finds nothing waiting reaches a pipe as a whole.
async function drained(): Promise<void> {
  if (stdout.writableLength === 0 || readerGone.signal.aborted) return;
  await new Promise<void>((resolve) => stdout.write('', () => resolve()));
}

const code = await runOrders({
  argv: process.argv.slice(2),
  env: process.env,
  write: (text) => void stdout.write(text),
  writeError: (text) => void stderr.write(text),
  drained,
  blockBytes: isPipe ? pipeBytes : fileBytes,
  columns: { output: stdout.isTTY ? stdout.columns : null, errors: stderr.isTTY ? stderr.columns : null },
  paint: (format, text) => styleText(format, text, { stream: stdout }),
  readInput: () => stdin.setEncoding('utf8'),
  stopping: () => AbortSignal.any([readerGone.signal, interruptionSignal('interrupted' satisfies StopReason)]),
});
// Whoever reads slowly gets all of it.
await drained();
endWithin(lingerMs, code);
