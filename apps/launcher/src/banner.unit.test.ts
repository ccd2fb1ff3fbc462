import { readConfig } from '@orders/config/read-config';
import { serviceDefinitions } from '@orders/local-system/service-definitions';
import { expect, it } from 'vitest';
import { banner } from './banner.ts';
import { SystemSettings } from './config.ts';
import { systemSettings } from './system-settings.ts';

function bannerFor(env: Record<string, string>): string {
  const system = systemSettings(readConfig(SystemSettings, env), env, { root: '/repo', cores: 2 });
  return banner({ system, definitions: serviceDefinitions(system), dataFolder: '/data' });
}

it('names every address of a local system', () => {
  const text = bannerFor({ HTTP_PORT: '7000' });
  for (const address of [
    'http://localhost:7000',
    'http://localhost:7000/docs',
    'http://127.0.0.1:8600/ledger',
    'esdb://127.0.0.1:2113?tls=false',
    'redis://127.0.0.1:6390',
    'worker-2 http://127.0.0.1:9201/metrics',
    '/data',
  ]) {
    expect(text).toContain(address);
  }
});

it('shows no password of a part that runs elsewhere', () => {
  const text = bannerFor({
    REDIS_URL: 'redis+sentinel://gateway:swordfish@one,two/orders?sentinelPassword=swordfish rediss://:swordfish@cache',
    SHARDS: '2',
    EVENTSTORE_URL: 'esdb://admin:swordfish@store:2113?tls=true',
    EXCHANGE_URL: 'https://swordfish@exchange/venue',
  });
  expect(text).not.toContain('swordfish');
  expect(text).toContain('redis+sentinel://***@one,two/orders?sentinelPassword=*** rediss://***@cache');
  expect(text).toContain('esdb://***@store:2113?tls=true');
  expect(text).toContain('https://***@exchange/venue/ledger');
});
