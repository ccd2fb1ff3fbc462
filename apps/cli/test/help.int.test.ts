import { beforeAll, describe, expect, it } from 'vitest';
import { orders } from './command-line.ts';

let names: string[];

beforeAll(async () => {
  const { output } = await orders(['completion', 'bash']);
  names = [...output.matchAll(/^ {4}([a-z-]+)\) options=/gm)].map(([, name]) => name ?? '');
});

const helps = async () =>
  Promise.all(
    [[], ...names.map((name) => [name])].map(async (words) => ({ words, ...(await orders([...words, '--help'])) })),
  );

describe('the help', () => {
  it('is there for the whole and for every command, and teaches each by example', async () => {
    expect(names.length).toBeGreaterThan(10);
    const { output: whole } = await orders(['--help']);
    for (const { words, code, output } of await helps()) {
      expect([words, code]).toEqual([words, 0]);
      expect(output).toContain(`$ orders ${words.join(' ')}`);
      if (words.length > 0) expect(whole).toContain(`$ orders ${words.join(' ')}`);
    }
  });

  it('needs no more than 100 columns', async () => {
    for (const { words, output } of await helps())
      expect([words, output.split('\n').filter((line) => line.length > 100)]).toEqual([words, []]);
  });

  it('names every exit code', async () => {
    const { output } = await orders(['--help']);
    for (const code of [0, 1, 64, 69, 130]) expect(output).toMatch(new RegExp(`^ +${code}  `, 'm'));
  });
});

describe('what cannot be meant', () => {
  it.each([
    ['a command', ['tial'], "orders: unknown command 'tial' (Did you mean tail?) (--help shows examples)\n"],
    [
      'an option',
      ['tail', '--typ', 'x'],
      "orders: unknown option '--typ' (Did you mean --type?) (--help shows examples)\n",
    ],
    ['an argument that is missing', ['show'], "orders: missing required argument 'id' (--help shows examples)\n"],
  ])('is answered in one line: %s', async (_what, argv, errors) =>
    expect(await orders(argv)).toEqual({ code: 64, output: '', errors }),
  );
});

it('is the same behind the -- that pnpm hands over', async () =>
  expect((await orders(['--', 'show', '--help'])).output).toBe((await orders(['show', '--help'])).output));
