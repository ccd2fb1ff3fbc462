import { describe, expect, it } from 'vitest';
import { type LocalSystemSettings, localUrls, serviceDefinitions } from './service-definitions.ts';
import { serviceDeadlineMs, stopDeadlineMs, stopOrder } from './shutdown-budget.ts';

const system: LocalSystemSettings = {
  root: '/repo',
  redis: { port: 7390, folder: '/data/redis' },
  eventStore: { host: '127.0.0.1', port: 7113, folder: '/data/event-store' },
  exchange: { host: '0.0.0.0', port: 7600, folder: '/data/exchange' },
  adminHost: '127.0.0.1',
  projectors: { count: 1, adminPort: 7100 },
  workers: { count: 2, adminPort: 7200 },
  api: { count: 1, host: '0.0.0.0', port: 7000, adminPort: 0 },
  shutdownMs: 8_000,
};

const elsewhere: LocalSystemSettings = {
  ...system,
  redis: { url: 'redis://cache:6379' },
  eventStore: { url: 'esdb://store:2113?tls=false' },
  exchange: { url: 'in-process' },
};

const named = (settings: LocalSystemSettings, wanted: string) => {
  const found = serviceDefinitions(settings).find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`no service ${wanted}`);
  return found;
};

describe('serviceDefinitions', () => {
  it('lists what others depend on first and the API last', () => {
    expect(serviceDefinitions(system).map(({ name }) => name)).toEqual([
      'redis',
      'event-store',
      'exchange',
      'projector',
      'worker-1',
      'worker-2',
      'api-1',
    ]);
  });

  it('gives each of several projectors a name and a port of its own', () => {
    const several = { ...system, projectors: { count: 2, adminPort: 7100 } };
    expect(named(several, 'projector-2').settings).toMatchObject({ PROJECTOR_ADMIN_PORT: '7101' });
  });

  it('starts nothing that runs elsewhere, and hands on its address', () => {
    expect(serviceDefinitions(elsewhere).map(({ group }) => group)).toEqual(['projector', 'worker', 'worker', 'api']);
    expect(named(elsewhere, 'worker-1').settings).toMatchObject({
      REDIS_URL: 'redis://cache:6379',
      EVENTSTORE_URL: 'esdb://store:2113?tls=false',
      EXCHANGE_URL: 'in-process',
    });
  });

  it('derives the addresses that clients use from the ports of the servers', () => {
    expect(localUrls(system)).toEqual({
      redis: 'redis://127.0.0.1:7390',
      eventStore: 'esdb://127.0.0.1:7113?tls=false',
      exchange: 'http://127.0.0.1:7600',
      api: 'http://127.0.0.1:7000',
    });
    expect(named(system, 'worker-2').settings).toMatchObject({ EXCHANGE_URL: 'http://127.0.0.1:7600' });
  });

  it('writes an IPv6 address as a URL wants it', () => {
    expect(localUrls({ ...system, exchange: { host: '::', port: 7600, folder: '' } }).exchange).toBe(
      'http://[::1]:7600',
    );
  });

  it('gives every worker a health port of its own', () => {
    expect(named(system, 'worker-1').ports).toMatchObject([{ port: 7200 }]);
    expect(named(system, 'worker-2').ports).toMatchObject([{ port: 7201, setting: 'WORKER_ADMIN_PORT' }]);
    expect(named(system, 'worker-2').settings).toMatchObject({ WORKER_ADMIN_PORT: '7201' });
  });

  it('asks a single API process on its own port', () => {
    const api = named(system, 'api-1');
    expect(api.settings).toMatchObject({ HTTP_PORT: '7000', API_REUSE_PORT: 'false', API_ADMIN_PORT: '0' });
    expect(api.readiness).toEqual({ kind: 'http', url: 'http://127.0.0.1:7000/health/ready' });
    expect(api.ports).toMatchObject([{ setting: 'HTTP_PORT', host: '0.0.0.0', port: 7000 }]);
  });

  it('lets several API processes share one port, and asks each on a port of its own', () => {
    const scaled = { ...system, api: { ...system.api, count: 2, adminPort: 7300 } };
    const second = named(scaled, 'api-2');
    expect(second.settings).toMatchObject({ HTTP_PORT: '7000', API_REUSE_PORT: 'true', API_ADMIN_PORT: '7301' });
    expect(second.readiness).toEqual({ kind: 'http', url: 'http://127.0.0.1:7301/health/ready' });
    const ports = serviceDefinitions(scaled).flatMap((service) => service.ports.map(({ port }) => port));
    expect(ports).toEqual([7390, 7113, 7600, 7100, 7200, 7201, 7000, 7300, 7301]);
  });
});

describe('shutdown budget', () => {
  it('stops consumers before what they consume', () => {
    expect(stopOrder).toEqual(['api', 'worker', 'projector', 'exchange', 'event-store', 'redis']);
  });

  it('ends in time even if a process of every group hangs', () => {
    const longestMs = stopOrder.reduce((sum, group) => sum + stopDeadlineMs(group, 8_000), 0);
    expect(longestMs).toBeLessThanOrEqual(7_200);
  });

  it('lets a process give up by itself before it is killed', () => {
    for (const group of stopOrder) {
      expect(serviceDeadlineMs(group, 8_000)).toBeLessThan(stopDeadlineMs(group, 8_000));
    }
    expect(Number(named(system, 'exchange').settings.SHUTDOWN_DEADLINE_MS)).toBe(serviceDeadlineMs('exchange', 8_000));
  });
});
