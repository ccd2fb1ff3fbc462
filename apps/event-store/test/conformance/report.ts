// Runs the conformance suite and prints what became of each row of the checklist. Ends with 1 when a row failed, has no
// test, or was not run although it could have been. Needs nothing but the store itself, hence no configuration of ours.
import { join } from 'node:path';
import { startVitest, type TestCase, type TestModule } from 'vitest/node';
import { checklist, type Row } from './checklist.ts';
import { addressIn, givenUrl } from './given-server.ts';

type Verdict = { status: 'passed' | 'failed' | 'out of scope' | 'not run'; remark?: string };

const timeoutMs = 60_000;

const vitest = await startVitest([], {
  config: false,
  root: join(import.meta.dirname, '../../../..'),
  include: ['apps/event-store/test/conformance/*.int.test.ts'],
  watch: false,
  reporters: [{}],
  testTimeout: timeoutMs,
  hookTimeout: timeoutMs,
});
const modules = vitest.state.getTestModules();
const tests = modules.flatMap((module) => [...module.children.allTests()]);
const outsideOfRows = [...brokenModules(modules), ...brokenTests(tests), ...uncaughtErrors()];
await vitest.close();

const verdicts = checklist.map((row) => ({ row, verdict: judge(row) }));
const print = (line: string) => process.stdout.write(`${line}\n`);
for (const { row, verdict } of verdicts) {
  const remark = verdict.remark === undefined ? '' : ` (${verdict.remark})`;
  print(`${String(row.number).padStart(3)}  ${verdict.status.padEnd('out of scope'.length)}  ${row.title}${remark}`);
}
for (const line of outsideOfRows) print(line);

const count = (status: Verdict['status']) => verdicts.filter(({ verdict }) => verdict.status === status).length;
const notRun = count('not run') === 0 ? '' : `, ${count('not run')} not run`;
print(`\nagainst ${givenUrl === undefined ? 'the embedded event store' : addressIn(givenUrl)}`);
print(`${count('passed')} passed, ${count('failed')} failed, ${count('out of scope')} out of scope${notRun}`);
process.exitCode = count('failed') === 0 && outsideOfRows.length === 0 ? 0 : 1;

function judge({ number, scope }: Row): Verdict {
  const own = tests.filter(({ name }) => rowOf(name) === number);
  if (own.length === 0) return { status: 'failed', remark: 'has no test' };
  for (const test of own) {
    const result = test.result();
    if (result.state === 'failed') return { status: 'failed', remark: firstLine(result.errors[0]) };
  }
  if (own.some((test) => test.result().state !== 'passed')) {
    return givenUrl === undefined ? { status: 'failed', remark: 'was not run' } : { status: 'not run' };
  }
  return scope === 'out' ? { status: 'out of scope', remark: 'answers UNIMPLEMENTED' } : { status: 'passed' };
}

function rowOf(testName: string): number | undefined {
  const number = /^row (\d+)(?: \((?:batch|unary)\))?: /.exec(testName)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Some errors of the client have no message. */
function firstLine(error: { name?: string; message?: string } = {}): string {
  return error.message?.split('\n', 1)[0] || error.name || 'failed without a word';
}

function brokenModules(all: readonly TestModule[]): string[] {
  return all.flatMap((module) => module.errors().map((error) => `${module.relativeModuleId}: ${firstLine(error)}`));
}

function brokenTests(all: readonly TestCase[]): string[] {
  return all.flatMap((test) => {
    const result = test.result();
    const isRow = rowOf(test.name) !== undefined;
    return !isRow && result.state === 'failed' ? [`${test.name}: ${firstLine(result.errors[0])}`] : [];
  });
}

function uncaughtErrors(): string[] {
  return vitest.state.getUnhandledErrors().map((error) => `nobody caught: ${firstLine(error as Error)}`);
}
