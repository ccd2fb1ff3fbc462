import Fastify from 'fastify';
import { Counter, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { observabilityRoutes, type ReadinessChecks } from './observability-routes.ts';

async function appWith(checks: ReadinessChecks, isStopping = () => false) {
  const registry = new Registry();
  new Counter({ name: 'orders_counted_total', help: 'Counted.', registers: [registry] }).inc(3);
  const app = Fastify();
  await app.register(observabilityRoutes({ registry, checks, isStopping }));
  return app;
}

const asked = async (url: string, checks: ReadinessChecks, stopping = false) =>
  (await appWith(checks, () => stopping)).inject(url);

describe('/health/ready', () => {
  it('is ready when every check passes', async () => {
    const response = await asked('/health/ready', { redis: () => true, event_store: async () => true });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ready', checks: { redis: 'ok', event_store: 'ok' } });
  });

  it.each<[string, () => boolean | Promise<boolean>]>([
    ['says no', () => false],
    [
      'throws',
      () => {
        throw new Error('no connection');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no connection'))],
    ['never answers', () => new Promise(() => undefined)],
  ])('is not ready, and names the check, when one %s', async (_case, check) => {
    const response = await asked('/health/ready', { redis: () => true, event_store: check });
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({ status: 'not ready', checks: { redis: 'ok', event_store: 'failing' } });
  });

  it('is not ready while the process stops', async () => {
    const response = await asked('/health/ready', {}, true);
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ status: 'stopping' });
  });
});

describe('/health/serving', () => {
  it('begins when every check passed once, and ends with the stop, whatever the checks say', async () => {
    let [passes, stops] = [false, false];
    const app = await appWith({ event_store: () => passes }, () => stops);
    const told = async () => {
      const response = await app.inject('/health/serving');
      return [response.statusCode, response.json().status];
    };
    expect(await told()).toEqual([503, 'starting']);
    passes = true;
    expect(await told()).toEqual([200, 'serving']);
    passes = false;
    expect(await told()).toEqual([200, 'serving']);
    expect((await app.inject('/health/ready')).statusCode).toBe(503);
    stops = true;
    expect(await told()).toEqual([503, 'stopping']);
  });
});

it('/health/live says no more than that the process answers', async () => {
  const response = await asked('/health/live', { redis: () => false }, true);
  expect([response.statusCode, response.json()]).toEqual([200, { status: 'alive' }]);
});

it('/metrics speaks the format of Prometheus', async () => {
  const response = await asked('/metrics', {});
  expect(response.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(response.body).toContain('orders_counted_total 3');
});
