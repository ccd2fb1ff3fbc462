// Holds the tests to the checklist: a row that is not tested, or is tested as something else, would be reported as
// kept.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checklist } from './checklist.ts';

const sources = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.int.test.ts') && file !== 'checklist.int.test.ts')
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'));

const testName = /['`]row (?<number>\d+)(?<inBothModes> \(\$\{mode\}\))?: (?<title>[^'`]+)['`]/g;
const tested = sources
  .flatMap((source) => [...source.matchAll(testName)])
  .map(({ groups }) => ({
    number: Number(groups?.number),
    inBothModes: groups?.inBothModes !== undefined,
    title: groups?.title,
  }))
  .toSorted((a, b) => a.number - b.number);

it('has the rows 1 to 125, each once', () => {
  expect(checklist.map(({ number }) => number)).toEqual(Array.from({ length: 125 }, (_, index) => index + 1));
});

it('is tested row by row, each in the words of the list, appends over both calls', () => {
  const appendSections = ['append', 'idempotency'];
  const expected = checklist.map(({ number, title, section }) => ({
    number,
    inBothModes: appendSections.includes(section),
    title,
  }));
  expect(tested).toEqual(expected);
});

it('leaves out what the embedded store refuses: projections and persistent subscriptions', () => {
  const out = checklist.filter(({ scope }) => scope === 'out');
  expect(out.map(({ number }) => number)).toEqual([8, ...Array.from({ length: 21 }, (_, index) => 105 + index)]);
  for (const { title } of out) expect(title).toMatch(/^refuses to /);
});
