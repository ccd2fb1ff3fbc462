import { describe, expect, it } from 'vitest';
import { errorRecord } from './error-record.ts';
import { createLogger } from './logger.ts';

class ReplyError extends Error {
  command = { name: 'hello', args: ['3', 'AUTH', 'gateway', 'hunter2'] };
}

describe('errorRecord', () => {
  it('keeps what an error is known by', () => {
    const error = Object.assign(new TypeError('no'), { code: 'ERR_NO' });
    expect(errorRecord(error)).toEqual({ type: 'TypeError', message: 'no', code: 'ERR_NO', stack: error.stack });
  });

  it('leaves behind what a library hung onto it', () => {
    const record = errorRecord(new ReplyError('WRONGPASS', { cause: new ReplyError('NOAUTH') }));
    expect(record).toMatchObject({ type: 'ReplyError', message: 'WRONGPASS', cause: { message: 'NOAUTH' } });
    expect(JSON.stringify(record)).not.toContain('hunter2');
  });

  it('tells of all errors that are one', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(errorRecord(new AggregateError([refused, refused]))).toMatchObject({
      type: 'AggregateError',
      errors: [{ code: 'ECONNREFUSED' }, { code: 'ECONNREFUSED' }],
    });
  });

  it('comes to an end with an error that is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(errorRecord(error)).match(/"message":"round"/g)).toHaveLength(4);
  });

  it('keeps a text that was thrown, and nothing of anything else', () => {
    expect(errorRecord('no')).toEqual({ type: 'string', message: 'no' });
    expect(JSON.stringify(errorRecord({ password: 'hunter2' }))).not.toContain('hunter2');
    expect(JSON.stringify(errorRecord(undefined))).not.toContain('hunter2');
  });
});

describe('the logger', () => {
  it.each(['err', 'error', 'cause'])('writes an error under "%s" without what a library hung onto it', (key) => {
    const lines: string[] = [];
    const log = createLogger('test', 'trace', { write: (line) => void lines.push(line) });
    log.warn({ [key]: new ReplyError('WRONGPASS') }, 'redis');
    log.child({ job: 1 }).error(new ReplyError('WRONGPASS'));
    expect(lines.join('')).toContain('"message":"WRONGPASS"');
    expect(lines.join('')).not.toContain('hunter2');
  });
});
