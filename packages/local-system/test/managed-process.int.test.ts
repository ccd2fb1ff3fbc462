import { expect, it, onTestFinished, vi } from 'vitest';
import { startProcess } from '../src/managed-process.ts';

function run(script: string) {
  const lines: string[] = [];
  const child = startProcess({
    name: 'fake',
    command: process.execPath,
    args: ['-e', script],
    env: { PATH: process.env.PATH },
    onLine: (line) => lines.push(line),
  });
  onTestFinished(() => child.kill('SIGKILL'));
  const said = (line: string) => vi.waitFor(() => expect(lines).toContain(line), { timeout: 30_000 });
  return { child, lines, said };
}

it('hands over the last line of both streams before it reports the end', async () => {
  const { child, lines } = run('console.log("out"); console.error("err"); process.exitCode = 5;');
  expect(await child.exited).toEqual({ code: 5, signal: null });
  expect(lines.toSorted()).toEqual(['err', 'out']);
  expect(child.recentLines().toSorted()).toEqual(['err', 'out']);
});

it('lets a process finish that heeds SIGTERM', async () => {
  const { child, said } = run(`
    process.on('SIGTERM', () => { console.log('drained'); process.exit(0); });
    setInterval(() => {}, 1000);
    console.log('up');
  `);
  await said('up');
  expect(await child.stop(60_000)).toEqual({ code: 0, signal: null });
  await said('drained');
});

it('kills a process that does not heed SIGTERM', async () => {
  const { child, said } = run(`
    process.on('SIGTERM', () => console.log('ignored'));
    setInterval(() => {}, 1000);
    console.log('up');
  `);
  await said('up');
  expect(await child.stop(200)).toEqual({ code: null, signal: 'SIGKILL' });
});

it('stops once for all callers, and again without harm', async () => {
  const { child, said } = run(`setInterval(() => {}, 1000); console.log('up');`);
  await said('up');
  const exit = { code: null, signal: 'SIGTERM' };
  expect(await Promise.all([child.stop(60_000), child.stop(60_000)])).toEqual([exit, exit]);
  expect(await child.stop(60_000)).toEqual(exit);
});

it('leads a process group of its own, out of reach of a terminal that sends Ctrl-C', async () => {
  const { child, said } = run(`setInterval(() => {}, 1000); console.log('up');`);
  await said('up');
  if (child.pid === undefined) throw new Error('not started');
  // Throws unless there is a group of that number.
  expect(process.kill(-child.pid, 0)).toBe(true);
});

it('takes along what the process has started, even when the process itself is killed', async () => {
  const { child, said } = run(`
    const { spawn } = require('node:child_process');
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], { stdio: 'inherit' });
    setInterval(() => {}, 1000);
  `);
  await said('up');
  if (child.pid === undefined) throw new Error('not started');
  process.kill(child.pid, 'SIGKILL');
  // The end is reported once nobody holds the other end of the pipes any more.
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

it('reports a command that cannot be started as a process that ended', async () => {
  const child = startProcess({ name: 'fake', command: '/no/such/command', args: [], env: {} });
  expect(await child.exited).toEqual({ code: 127, signal: null });
  expect(child.pid).toBeUndefined();
  expect(child.recentLines()[0]).toMatch(/^\/no\/such\/command could not be started: .*ENOENT/);
  expect(await child.stop(1)).toEqual({ code: 127, signal: null });
});
