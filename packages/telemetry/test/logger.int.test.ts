// What reaches standard output, in a process of its own: lines wait for the end of a turn, and for nothing else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const logger = JSON.stringify(new URL('../src/logger.ts', import.meta.url).href);

/** A process that runs `script`, in which `log` is a logger. */
function startLogging(script: string) {
  const code = `import { createLogger } from ${logger}; const log = createLogger('test', 'info'); ${script}`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function linesOf(script: string): Promise<string[]> {
  const child = startLogging(script);
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return output.split('\n').slice(0, -1);
}

describe('a log line', () => {
  it('is written with all others of its turn, in their order, however many they are', async () => {
    const lines = await linesOf(`for (let n = 0; n < 20_000; n += 1) log.info({ n }, 'line')`);
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
  });

  it('is written before a process ends in the same turn, when it is fatal or the log is flushed', async () => {
    expect(await linesOf(`log.info('one'); log.fatal('two'); process.exit(1)`)).toHaveLength(2);
    expect(await linesOf(`log.info('one'); log.flush(); process.exit(0)`)).toHaveLength(1);
  });

  it('outlives a process that is killed in a later turn', async () => {
    const script = `log.info('one'); setImmediate(() => setImmediate(() => process.kill(process.pid, 'SIGKILL')))`;
    expect(await linesOf(script)).toHaveLength(1);
  });

  it('keeps nobody from working, nor from ending, when there is nobody left to read it', async () => {
    const child = startLogging(`
      let ticks = 0;
      log.info('begun');
      const timer = setInterval(() => {
        log.info('tick');
        if ((ticks += 1) === 100) { clearInterval(timer); log.fatal('over'); log.flush(); process.exit(7); }
      }, 2);
    `);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await once(child, 'exit')).toEqual([7, null]);
  });
});
