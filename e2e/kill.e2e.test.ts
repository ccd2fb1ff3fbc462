// The promise of the product: a 201 means stored, and placed once. Each process is killed while orders are being
// posted, and started again; then every acknowledged order must have ended, with one entry in the ledger of the
// exchange.
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { postOrders } from './order-client.ts';
import { allGroups, prepareSystem, type RunningSystem } from './running-system.ts';
import { expectPlacedOnce, expectSettled } from './settled.ts';

const orders = 500;
const clients = 25;

let system: RunningSystem;

beforeAll(async () => {
  system = await prepareSystem();
  await system.start(allGroups);
});
afterAll(() => system.stop());
afterEach(() => {
  system.lines.length = 0;
});

const flushRedis = async () => {
  const redis = new Redis(system.urls.redis, { maxRetriesPerRequest: null });
  await redis.flushall();
  redis.disconnect();
};

describe('every acknowledged order is placed once', () => {
  const killed = (name: string) => ({ strike: () => system.kill(name), sign: `${name} restarted after` });
  const flushed = { strike: flushRedis, sign: 'building the read model from the start of the log' };

  it.each([
    ['the API', killed('api-1')],
    ['the projector', killed('projector')],
    ['a worker', killed('worker-1')],
    ['the exchange', killed('exchange')],
    ['Redis', killed('redis')],
    ['the event store', killed('event-store')],
    ['everything in Redis', flushed],
  ])('although %s is killed in the middle', async (_victim, { strike, sign }) => {
    onTestFailed(() => {
      process.stdout.write(`${system.lines.slice(-200).join('\n')}\n`);
    });
    let struck = false;
    const acknowledged = await postOrders({
      api: system.urls.api,
      count: orders,
      clients,
      onProgress: (posted) => {
        if (struck || posted < orders / 2) return;
        struck = true;
        void strike();
      },
    });
    // Half of the orders are sent again until they are acknowledged, so a run that acknowledges fewer proves nothing.
    expect(acknowledged.length).toBeGreaterThanOrEqual(orders / 2);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);

    await expectSettled(system.urls, acknowledged);
    // Or nothing was survived.
    expect(system.lines.filter((line) => line.includes(sign))).not.toEqual([]);
    await expectPlacedOnce(system.urls, acknowledged);
  });
});
