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
