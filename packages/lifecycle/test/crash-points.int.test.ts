import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

async function runDoomed(CRASH_AT: string) {
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'doomed-process.ts')];
  const child = spawn(process.execPath, args, { env: { CRASH_AT } });
  const [[code, signal], said, errors] = await Promise.all([
    once(child, 'close') as Promise<[number | null, string | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, signal, said: said.split('\n').filter(Boolean), errors };
}

it('dies by SIGKILL before the step, says where, and does nothing more', async () =>
  expect(await runDoomed('doomed.write:before')).toEqual({
    code: null,
    signal: 'SIGKILL',
    said: [],
    errors: 'crash point doomed.write:before reached\n',
  }));

it('dies by SIGKILL after the step, says where, and does nothing more', async () =>
  expect(await runDoomed('doomed.write:after')).toEqual({
    code: null,
    signal: 'SIGKILL',
    said: ['written'],
    errors: 'crash point doomed.write:after reached\n',
  }));

it('goes to its end when it was not asked to die', async () => {
  const { code, said } = await runDoomed('');
  expect(code).toBe(0);
  expect(said).toContain('the caller went on');
});
