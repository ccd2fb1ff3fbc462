// `orders` as a process, as a shell starts it: its exit code, and both of its outputs as they are.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const ordersMain = join(import.meta.dirname, '../src/main.ts');
const flags = '--disable-warning=ExperimentalWarning';

export type OrdersProcess = {
  child: ChildProcess;
  output: () => string;
  errors: () => string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

export function startOrders(args: readonly string[], env: Readonly<Record<string, string>>): OrdersProcess {
  const child = spawn(process.execPath, [flags, ordersMain, ...args], { env: { PATH: process.env.PATH, ...env } });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, output: () => output, errors: () => errors, ended };
}
