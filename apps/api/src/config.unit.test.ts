import { readConfig } from '@orders/config/read-config';
import { describe, expect, it } from 'vitest';
import { ApiConfig, httpPort } from './config.ts';

describe('the port of the API', () => {
  it.each([
    [{}, 8_000],
    [{ ENVIRONMENT: 'development' }, 8_000],
    [{ ENVIRONMENT: 'production' }, 80],
    [{ ENVIRONMENT: 'production', HTTP_PORT: '8080' }, 8_080],
    [{ HTTP_PORT: '0' }, 0],
  ])('for %o is %i', (env, port) => {
    expect(httpPort(readConfig(ApiConfig, env))).toBe(port);
  });

  it.each([
    { HTTP_PORT: '65536' },
    { HTTP_PORT: 'http' },
    { API_REUSE_PORT: 'yes' },
    { API_APPEND_BUDGET_MS: '10001' },
  ])('and the rest are refused for %o', (env) => {
    const [name = ''] = Object.keys(env);
    expect(() => readConfig(ApiConfig, env)).toThrow(name);
  });
});
