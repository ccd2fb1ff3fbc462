import { describe, expect, it } from 'vitest';
import { parseRedisLine, redisArguments } from './redis-process.ts';

describe('redisArguments', () => {
  it('keeps Redis private, durable, and from forgetting under memory pressure', () => {
    expect(redisArguments({ port: 7390, folder: '/data/redis' }).join(' ')).toBe(
      '--bind 127.0.0.1 --port 7390 --dir /data/redis --appendonly yes --appendfsync everysec --save  ' +
        '--maxmemory-policy noeviction --daemonize no',
    );
  });
});

describe('parseRedisLine', () => {
  it('reads a notice as detail', () => {
    expect(parseRedisLine('4711:M 22 Nov 2026 17:24:01.300 * Ready to accept connections')).toEqual({
      level: 'debug',
      message: 'Ready to accept connections',
    });
  });

  it('reads a warning as a warning', () => {
    const line = '4711:M 22 Nov 2026 17:24:01.299 # Warning: Could not create server TCP listening socket';
    expect(parseRedisLine(line)).toEqual({
      level: 'warn',
      message: 'Warning: Could not create server TCP listening socket',
    });
  });

  it.each(['oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo', 'User requested shutdown...', 'Server initialized'])(
    'takes no alarm at "%s", which Redis marks like a warning at every start and end',
    (message) => expect(parseRedisLine(`1:C 22 Nov 2026 17:24:01.298 # ${message}`).level).toBe('debug'),
  );

  it('passes on what is no log line', () => {
    expect(parseRedisLine("Can't open the append-only file")).toEqual({
      level: 'debug',
      message: "Can't open the append-only file",
    });
  });
});
