import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';

type Line = { level: string; msg: string; step?: string; err?: { message: string; stack: string } };

function startExample(env: Record<string, string> = {}) {
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'example-service.ts')];
  const child = spawn(process.execPath, args, { env: { ...env } });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const exited = once(child, 'close').then(([code]) => code as number);
  const lines = () =>
    output
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  const has = (message: string) => lines().some(({ msg }) => msg === message);
  return {
    child,
    exited,
    lines,
    errors: () => errors,
    started: () => vi.waitFor(() => expect(has('started')).toBe(true), { timeout: 30_000 }),
  };
}

describe('a service', () => {
  it.each<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGHUP'])(
    'stops on %s, step by step in the reverse order, past a step that fails',
    async (signal) => {
      const { child, exited, lines, started } = startExample();
      await started();
      child.kill(signal);
      child.kill(signal);
      expect(await exited).toBe(0);
      expect(lines().map(({ msg, step }) => [msg, step].filter(Boolean).join(': '))).toEqual([
        'started',
        'stopping',
        'shutdown step failed: broken',
        'first step, last to stop',
        'stopped',
      ]);
    },
  );

  it('is gone after the deadline, whatever hangs', async () => {
    const { child, exited, lines, started } = startExample({ EXAMPLE_END: 'hanging', SHUTDOWN_DEADLINE_MS: '200' });
    await started();
    child.kill('SIGTERM');
    expect(await exited).toBe(1);
    expect(lines().at(-1)?.msg).toBe('shutdown deadline passed');
  });

  it('stops after a rejection that nobody handled', async () => {
    const { exited, lines } = startExample({ EXAMPLE_END: 'stray' });
    expect(await exited).toBe(1);
    expect(lines().find(({ level }) => level === 'fatal')?.err?.message).toBe('nobody waits for this');
  });

  it('goes on after one that is known to be harmless', async () => {
    const { child, exited, lines, started } = startExample({ EXAMPLE_END: 'tolerated' });
    await started();
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(lines().map(({ msg }) => msg)).toContain('rejection that nobody waited for');
  });

  it('says in one line which setting cannot be used, and that starting it again is no use', async () => {
    const { exited, errors, lines } = startExample({ EXAMPLE_PORT: 'eighty' });
    expect(await exited).toBe(78);
    expect(errors()).toBe('example: unusable setting: EXAMPLE_PORT must be integer, but is "eighty"\n');
    expect(lines()).toEqual([]);
  });

  it('says which setting to change when its port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = String(typeof address === 'object' && address?.port);
    const { exited, lines } = startExample({ EXAMPLE_PORT: port });
    expect(await exited).toBe(1);
    squatter.close();
    const said = lines().find(({ level }) => level === 'fatal');
    expect(said?.msg).toBe(`port ${port} is taken: stop what uses it, or set EXAMPLE_PORT to a free port`);
    expect(said?.err).toBeUndefined();
  });

  it('shows the stack of a failure that it cannot explain, and none of one that it can', async () => {
    const unexpected = startExample({ EXAMPLE_END: 'failing' });
    expect(await unexpected.exited).toBe(1);
    expect(unexpected.lines()[0]?.err?.stack).toContain('example-service.ts');
    const explained = startExample({ EXAMPLE_END: 'refusing' });
    expect(await explained.exited).toBe(1);
    expect(explained.lines()[0]).toMatchObject({ msg: 'this is all there is to say' });
    expect(explained.lines()[0]?.err).toBeUndefined();
  });
});
