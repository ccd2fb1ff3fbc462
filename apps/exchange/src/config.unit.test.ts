import { ConfigError, readConfig } from '@orders/config/read-config';
import { expect, it } from 'vitest';
import { ExchangeConfig } from './config.ts';

it('behaves as the given building block unless told otherwise', () => {
  expect(readConfig(ExchangeConfig, {})).toMatchObject({
    EXCHANGE_HOST: '127.0.0.1',
    EXCHANGE_PORT: 8600,
    EXCHANGE_DATA: './data/exchange',
    EXCHANGE_LATENCY_MS: 500,
    EXCHANGE_FAILURE_RATE: 0.1,
  });
});

it.each([{ EXCHANGE_FAILURE_RATE: '1.1' }, { EXCHANGE_FAILURE_RATE: 'half' }, { EXCHANGE_LATENCY_MS: '60001' }])(
  'refuses %o',
  (env) => expect(() => readConfig(ExchangeConfig, env)).toThrow(ConfigError),
);
