import { type Environment, readConfig } from '@orders/config/read-config';
import { serviceDefinitions } from '@orders/local-system/service-definitions';
import { describe, expect, it } from 'vitest';
import { SystemSettings } from './config.ts';
import { processCounts, systemSettings } from './system-settings.ts';

const machine = { root: '/repo', cores: 4 };
const systemFor = (env: Environment) => systemSettings(readConfig(SystemSettings, env), env, machine);

describe('systemSettings', () => {
  it('runs everything here when nothing is set', () => {
    expect(serviceDefinitions(systemFor({})).map(({ name }) => name)).toEqual([
      'redis',
      'event-store',
      'exchange',
      'projector',
      'worker-1',
      'worker-2',
      'api-1',
    ]);
  });

  it('leaves to others what has an address, even if that is the default one', () => {
    const env = {
      REDIS_URL: 'redis://127.0.0.1:6390',
      EVENTSTORE_URL: 'esdb://store:2113?tls=false',
      EXCHANGE_URL: 'in-process',
    };
    expect(systemFor(env)).toMatchObject({
      redis: { url: env.REDIS_URL },
      eventStore: { url: env.EVENTSTORE_URL },
      exchange: { url: env.EXCHANGE_URL },
    });
  });

  it('takes an empty address for none', () => {
    expect(systemFor({ REDIS_URL: '', REDIS_PORT: '7390' }).redis).toMatchObject({ port: 7390 });
  });

  it('keeps all data in one folder, unless a part has one of its own', () => {
    expect(systemFor({ DATA_DIR: '/data', EXCHANGE_DATA: '/ledger' })).toMatchObject({
      redis: { folder: '/data/redis' },
      eventStore: { folder: '/data/event-store' },
      exchange: { folder: '/ledger' },
    });
  });

  it('puts the API on port 8000 in development and on port 80 in production', () => {
    expect(systemFor({}).api).toMatchObject({ count: 1, port: 8000, adminPort: 0 });
    expect(systemFor({ ENVIRONMENT: 'production' }).api).toMatchObject({ count: 4, port: 80, adminPort: 9300 });
    expect(systemFor({ HTTP_PORT: '7000', API_PROCESSES: '2', API_ADMIN_PORT: '7300' }).api).toMatchObject({
      count: 2,
      port: 7000,
      adminPort: 7300,
    });
  });
});

describe('processCounts', () => {
  it('is modest in development', () => {
    const modest = { apiProcesses: 1, projectorProcesses: 1, workerProcesses: 2 };
    expect(processCounts({ ENVIRONMENT: 'development' }, 64)).toEqual(modest);
  });

  it('uses every core in production, and survives the loss of a process on a small machine', () => {
    const counts = (cores: number) => processCounts({ ENVIRONMENT: 'production' }, cores);
    expect(counts(8)).toEqual({ apiProcesses: 8, projectorProcesses: 2, workerProcesses: 8 });
    expect(counts(1)).toEqual({ apiProcesses: 2, projectorProcesses: 2, workerProcesses: 2 });
  });

  it('does as it is told', () => {
    const settings = { API_PROCESSES: 3, PROJECTOR_PROCESSES: 1, WORKER_PROCESSES: 5 } as const;
    const told = { apiProcesses: 3, projectorProcesses: 1, workerProcesses: 5 };
    expect(processCounts({ ENVIRONMENT: 'production', ...settings }, 8)).toEqual(told);
  });
});
