// The promise of the product on EventStoreDB and Redis as production runs them, in containers: both are killed and
// started again while orders are posted; then the audit must find every acknowledged order placed, once.
import { type EventStoreContainer, startEventStoreContainer } from '@orders/test-kit/containers/event-store';
import { providedContainers } from '@orders/test-kit/containers/provided';
import { type RedisContainer, startRedisContainer } from '@orders/test-kit/containers/redis';
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { audit } from '../crash-matrix/audit.ts';
import { postOrders } from '../order-client.ts';
import { allGroups, prepareSystem, type RunningSystem } from '../running-system.ts';
import { expectPlacedOnce, expectSettled } from '../settled.ts';

const orders = 400;
const clients = 20;
const auditPatienceMs = 60_000;

let eventStore: EventStoreContainer;
let redis: RedisContainer;
let system: RunningSystem;

beforeAll(async () => {
  const containers = providedContainers();
  if (containers === undefined) throw new Error('this is a test of the project containers');
  const { run, eventStoreImage, redisImage } = containers;
  [eventStore, redis] = await Promise.all([
    startEventStoreContainer({ run, image: eventStoreImage }),
    startRedisContainer({ run, image: redisImage }),
  ]);
  system = await prepareSystem({}, { outside: { eventStore: eventStore.url, redis: redis.url } });
  await system.start(allGroups);
});
afterAll(async () => {
  await system?.stop();
  await Promise.all([eventStore?.remove(), redis?.remove()]);
});

const killed = async ({ kill, start }: Pick<EventStoreContainer, 'kill' | 'start'>) => {
  await kill();
  await start();
};

/** Posts orders, and lets something happen in their middle. Returns the ids of the acknowledged ones. */
async function postDuring(strike: () => Promise<void>): Promise<string[]> {
  let striking: Promise<void> | undefined;
  const onProgress = (posted: number) => {
    if (posted >= orders / 3) striking ??= strike();
  };
  const acknowledged = await postOrders({ api: system.urls.api, count: orders, clients, onProgress });
  expect(striking).toBeDefined();
  await striking;
  // Half of the orders are sent again until they are acknowledged, so a run that acknowledges fewer proves nothing.
  expect(acknowledged.length).toBeGreaterThanOrEqual(orders / 2);
  return acknowledged;
}

it.each([
  ['the event store is killed', () => killed(eventStore)],
  ['Redis is killed', () => killed(redis)],
  ['the event store is stopped as an operator stops it', () => stopped(eventStore)],
  ['both are killed at once', () => Promise.all([killed(eventStore), killed(redis)]).then(() => undefined)],
])('places every acknowledged order once although %s, and started again', async (_strike, strike) => {
  onTestFailed(() => {
    process.stdout.write(`${system.lines.slice(-100).join('\n')}\n`);
  });
  const acknowledged = await postDuring(strike);
  await expectSettled(system.urls, acknowledged);
  await expectPlacedOnce(system.urls, acknowledged);
  const report = await audit(system.urls, acknowledged, auditPatienceMs);
  expect(report).toMatchObject({ acknowledged: acknowledged.length, findings: [] });
});

async function stopped({ stop, start }: EventStoreContainer) {
  // Neither killed after its grace period nor ended by an error; 143 is SIGTERM itself.
  expect([0, 143]).toContain(await stop());
  await start();
}
