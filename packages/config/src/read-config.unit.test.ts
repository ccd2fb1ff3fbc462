import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './read-config.ts';

const schema = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8000 }),
  RATE: Type.Number({ minimum: 0, maximum: 1, default: 0.1 }),
  LEVEL: Type.Enum(['debug', 'info'], { default: 'info' }),
  URL: Type.String({ pattern: '^redis://' }),
  FOLDER: Type.Optional(Type.String()),
});
const URL = 'redis://localhost';

describe('readConfig', () => {
  it('takes defaults for what is not set, or empty', () =>
    expect(readConfig(schema, { URL, PORT: '', UNRELATED: 'x' })).toEqual({
      URL,
      PORT: 8000,
      RATE: 0.1,
      LEVEL: 'info',
    }));

  it('reads numbers', () =>
    expect(readConfig(schema, { URL, PORT: '0', RATE: '0.25' })).toMatchObject({ PORT: 0, RATE: 0.25 }));

  it('cannot be changed afterwards', () => {
    const config = readConfig(schema, { URL });
    expect(() => Object.assign(config, { PORT: 1 })).toThrow(TypeError);
  });

  it.each([
    ['PORT', '80a'],
    ['PORT', '5.5'],
    ['PORT', '1e3'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', ' 80'],
    ['RATE', '1.1'],
    ['RATE', 'NaN'],
    ['LEVEL', 'loud'],
    ['URL', 'http://localhost'],
  ])('refuses %s=%j in a line that names both', (name, value) => {
    const reading = () => readConfig(schema, { URL, [name]: value });
    expect(reading).toThrow(ConfigError);
    expect(reading).toThrow(new RegExp(`^${name} .*"${value}"$`));
  });

  it('says that a setting without default is missing', () =>
    expect(() => readConfig(schema, {})).toThrow('URL is not set, and has no default'));

  it('names every problem at once, a line each', () => {
    const lines = (() => {
      try {
        readConfig(schema, { PORT: 'x', LEVEL: 'loud' });
        return [];
      } catch (error) {
        return (error as Error).message.split('\n');
      }
    })();
    expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual(['LEVEL', 'PORT', 'URL']);
  });
});

describe('a secret setting', () => {
  const secrets = Type.Object({
    ADDRESS: Type.String({ pattern: '^redis://[a-z]+$', secret: true, form: 'an address such as redis://host' }),
  });
  const problemOf = (ADDRESS: string) => messageOf(() => readConfig(secrets, { ADDRESS }));

  it.each(['redis://:hunter2@host', 'hunter2', 'redis://:hunter2/@host', 'http://u:hunter2@host'])(
    'is not repeated when it cannot be used: %s',
    (value) => {
      const line = 'ADDRESS has to be an address such as redis://host, but is something else, which is not shown here';
      expect(problemOf(value)).toBe(line);
    },
  );
});

describe('a setting in a file', () => {
  const files: Record<string, string | null> = {
    '/secrets/port': '9000\n',
    '/secrets/dos': '9000\r\n',
    '/secrets/lines': '9000\n\n',
    '/secrets/empty': '\n',
    '/secrets/large': null,
    '/secrets/wrong': 'hunter2',
  };
  const readFile = (path: string) => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error('no such file: hunter2'), { code: 'ENOENT' });
    return content;
  };
  const read = (env: Record<string, string>) => readConfig(schema, { URL, ...env }, readFile);

  it.each(['/secrets/port', '/secrets/dos'])('is read without its final newline: %s', (PORT_FILE) =>
    expect(read({ PORT_FILE })).toMatchObject({ PORT: 9000 }),
  );

  it('counts as unset when its variable is empty', () =>
    expect(read({ PORT_FILE: '', PORT: '1' })).toMatchObject({ PORT: 1 }));

  it('takes the place of a variable that is empty', () =>
    expect(read({ PORT_FILE: '/secrets/port', PORT: '' })).toMatchObject({ PORT: 9000 }));

  it.each([
    ['/secrets/absent', 'PORT_FILE names /secrets/absent, which cannot be read (ENOENT)'],
    ['/secrets/empty', 'PORT_FILE names /secrets/empty, which is empty'],
    ['/secrets/large', 'PORT_FILE names /secrets/large, which has more than 65536 bytes'],
    ['/secrets/wrong', 'PORT must be integer, but is something else, which is not shown here'],
    ['/secrets/lines', 'PORT must be integer, but is something else, which is not shown here'],
  ])('is refused in a line that does not show what stands in it: %s', (PORT_FILE, line) =>
    expect(messageOf(() => read({ PORT_FILE }))).toBe(line),
  );

  it('is refused beside the variable itself', () =>
    expect(messageOf(() => read({ PORT_FILE: '/secrets/port', PORT: '1' }))).toBe(
      'PORT and PORT_FILE are both set: one of them has to go',
    ));

  it('is not called missing when it cannot be read', () => {
    const reading = () => readConfig(schema, { URL_FILE: '/secrets/absent' }, readFile);
    expect(messageOf(reading)).toBe('URL_FILE names /secrets/absent, which cannot be read (ENOENT)');
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
    return 'nothing was thrown';
  } catch (error) {
    return (error as Error).message;
  }
}
