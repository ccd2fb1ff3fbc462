#!/usr/bin/env node
import { runOrders } from './run-orders.ts';

// A reader such as head may leave early.
process.stdout.on('error', () => undefined);

process.exitCode = await runOrders({
  argv: process.argv.slice(2),
  env: process.env,
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  readInput: () => process.stdin.setEncoding('utf8'),
});
