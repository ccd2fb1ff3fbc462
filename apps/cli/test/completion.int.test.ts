// The script as a bash has it that was told to complete what is typed. Nobody but a shell can say whether it works.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { orderEventTypes, orderStatuses } from '@orders/domain/order-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orders } from './command-line.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orders-completion-'));
  await writeFile(join(folder, 'script'), (await orders(['completion', 'bash'])).output);
  await writeFile(join(folder, 'old answers.ndjson'), '');
});
afterAll(() => rm(folder, { recursive: true }));

/** What bash offers for the last of the words, which is what the cursor stands behind. */
async function offered(...words: string[]): Promise<string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash that is to replace it.
  const press = 'source ./script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _orders; printf "%s\\n" "${COMPREPLY[@]}"';
  const { stdout } = await run('bash', ['--norc', '-c', press, 'bash', ...words], { cwd: folder });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash', () => {
  it('completes the commands', async () => {
    expect(await offered('orders', 'ta')).toEqual(['tail']);
    const { output } = await orders(['--help']);
    const commands = (await offered('orders', '')).filter((word) => !word.startsWith('-'));
    expect(commands.length).toBeGreaterThan(6);
    for (const command of commands) expect(output).toMatch(new RegExp(`^ +${command} `, 'm'));
  });

  it('completes the options of a command, and offers them where nothing else can stand', async () => {
    expect(await offered('orders', 'tail', '--unt')).toEqual(['--until']);
    expect(await offered('orders', 'tail', '--json', '')).toContain('--no-follow');
  });

  it.each<[string, string[], readonly string[]]>([
    ['the values of an option', ['tail', '--status', ''], orderStatuses],
    ['their beginning', ['tail', '--type', 'OrderF'], ['OrderFailed']],
    ['one more of them behind a comma', ['tail', '--type', 'OrderPlaced,OrderF'], ['OrderPlaced,OrderFailed']],
    [
      'those behind an equals sign',
      ['tail', '--type', '=', 'Order'],
      orderEventTypes.filter((one) => /^Order/.test(one)),
    ],
    ['all of those', ['tail', '--side', '='], ['buy', 'sell']],
    ['places in the log', ['tail', '--from', 's'], ['start']],
    ['the shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['files', ['audit', '--acknowledged', 'o'], ['old answers.ndjson']],
    ['nothing where anything may stand', ['tail', '--instrument', ''], []],
  ])('completes %s', async (_what, words, expected) => expect(await offered('orders', ...words)).toEqual(expected));

  it('runs nothing of what is typed', async () => {
    for (const trap of ['$(touch trap)', '`touch trap`', 'x,$(touch trap)', '"; touch trap; "'])
      for (const words of [[trap], ['tail', trap], ['tail', '--type', trap], ['tail', '--from', trap]])
        await offered('orders', ...words);
    const { stdout } = await run('ls', { cwd: folder });
    expect(stdout).not.toContain('trap');
  });
});

describe.each(['bash', 'zsh', 'fish'])('the script for %s', (shell) => {
  it('knows every command and every option that the help knows', async () => {
    const { code, output } = await orders(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['tail', 'show', 'redrive', 'no-follow', 'eventstore', 'OrderInDoubt', 'in_doubt'])
      expect(output).toContain(word);
  });
});

it('is made for shells that there are', async () =>
  expect(await orders(['completion', 'tcsh'])).toMatchObject({ code: 64, output: '' }));
