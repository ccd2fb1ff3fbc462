import { describe, expect, it } from 'vitest';
import { logOutput } from './log-output.ts';

const time = '2026-01-31T08:00:00.042Z';
const now = () => new Date(time);

function outputOf(processName: string, line: string, options: Partial<Parameters<typeof logOutput>[0]> = {}): string {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  logOutput({ format: 'readable', colour: false, lowestLevel: 'info', now, write, ...options })(processName, line);
  return text;
}

const json = { format: 'json' } as const;
const settled = JSON.stringify({
  level: 'info',
  time,
  service: 'worker',
  pid: 4711,
  orderId: 'o-1',
  msg: 'order settled',
});
const withError = (level: string) => {
  const err = { type: 'Error', message: 'connect ECONNREFUSED', stack: 'Error: connect ECONNREFUSED\n    at socket' };
  return JSON.stringify({ level, time, service: 'api', pid: 1, err, msg: 'redis' });
};

describe('the log for people', () => {
  it('shows time, level, process, message and details in one line', () => {
    expect(outputOf('worker-1', settled)).toMatch(
      /^\d\d:\d\d:00\.042 INFO {2}worker-1 {5}order settled \{"orderId":"o-1"\}\n$/,
    );
  });

  it('gives the reason of a warning in a few words', () => {
    expect(outputOf('api-1', withError('warn'))).toMatch(/WARN {2}api-1 {8}redis: connect ECONNREFUSED\n$/);
  });

  it('gives the whole story of an error', () => {
    expect(outputOf('api-1', withError('error'))).toContain('at socket');
  });

  it('lets nobody steer the terminal', () => {
    const line = JSON.stringify({ level: 'info', time, msg: 'hello \u001b[2J' });
    expect(outputOf('api-1', line)).not.toContain('\u001b');
  });

  it('shows what is no log line, the trace of a crash for example', () => {
    expect(outputOf('api-1', '    at main (main.ts:1:2)')).toMatch(/WARN {2}api-1 {10} {2}at main \(main\.ts:1:2\)\n$/);
  });

  it('survives a log line that was cut', () => {
    expect(outputOf('api-1', '{"level":"info","ti')).toContain('{"level":"info","ti');
  });

  it('uses colours only where they are wanted', () => {
    expect(outputOf('api-1', settled)).not.toContain('\u001b');
    expect(outputOf('api-1', settled, { colour: true })).toContain('\u001b');
  });
});

describe('the log for machines', () => {
  it('passes the lines of our processes on as they are', () => {
    expect(outputOf('worker-1', settled, json)).toBe(`${settled}\n`);
  });

  it('is JSON throughout, whatever a process writes', () => {
    expect(JSON.parse(outputOf('api-1', 'Segmentation fault', json))).toEqual({
      level: 'warn',
      time,
      service: 'api-1',
      msg: 'Segmentation fault',
    });
  });
});

describe('the lines of Redis', () => {
  const ready = '4711:M 31 Jan 2026 08:00:00.042 * Ready to accept connections';

  it('are details, shown on request', () => {
    expect(outputOf('redis', ready)).toBe('');
    expect(outputOf('redis', ready, { lowestLevel: 'debug' })).toContain('Ready to accept connections');
  });

  it('are shown if they warn', () => {
    expect(outputOf('redis', '4711:M 31 Jan 2026 08:00:00.042 # Out of memory', json)).toContain('"level":"warn"');
  });
});
