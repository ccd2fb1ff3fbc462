#!/usr/bin/env node
import { once } from 'node:events';
import { styleText } from 'node:util';
import { interruptionSignal } from '@orders/lifecycle/interruption';
import type { StopReason } from './command-context.ts';
import { runOrders } from './run-orders.ts';

const { stdout, stderr, stdin } = process;

// A reader such as head may leave early.
const readerGone = new AbortController();
stdout.on('error', () => readerGone.abort('no reader' satisfies StopReason));

async function drained(): Promise<void> {
  if (!stdout.writableNeedDrain || readerGone.signal.aborted) return;
  await once(stdout, 'drain', { signal: readerGone.signal }).catch(() => undefined);
}

process.exitCode = await runOrders({
  argv: process.argv.slice(2),
  env: process.env,
  write: (text) => void stdout.write(text),
  writeError: (text) => void stderr.write(text),
  drained,
  columns: { output: stdout.isTTY ? stdout.columns : null, errors: stderr.isTTY ? stderr.columns : null },
  paint: (format, text) => styleText(format, text, { stream: stdout }),
  readInput: () => stdin.setEncoding('utf8'),
  stopping: () => AbortSignal.any([readerGone.signal, interruptionSignal('interrupted' satisfies StopReason)]),
});
