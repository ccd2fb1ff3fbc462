import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdsEvent, placeInTime } from '../src/log-position.ts';
import { readLogEnd } from '../src/store-identity.ts';

let embedded: TestEventStore;
let client: EventStoreDBClient;

beforeAll(async () => {
  embedded = await startTestEventStore();
  client = EventStoreDBClient.connectionString(embedded.url);
});
afterAll(async () => {
  await client.dispose();
  await embedded.stop();
});

const append = (count: number) =>
  client.appendToStream(
    'order-1',
    Array.from({ length: count }, () => jsonEvent({ type: 'Noise', data: {} })),
  );

describe('placeInTime', () => {
  it('finds the last event before a time, however many pages back, unless that is too far', async () => {
    // A new log is empty, unless the server has written something of its own.
    expect(await placeInTime(client, new Date())).toEqual({ kind: 'found', before: await readLogEnd(client) });
    await append(700);
    const before = await readLogEnd(client);
    await sleep(5);
    const time = new Date();
    await append(900);
    await append(900);
    expect(await placeInTime(client, time)).toEqual({ kind: 'found', before });
    expect(await placeInTime(client, time, 1_801)).toEqual({ kind: 'found', before });
    expect(await placeInTime(client, time, 1_800)).toEqual({ kind: 'further_back' });
    expect(await placeInTime(client, new Date(0))).toEqual({ kind: 'found', before: null });
  });
});

describe('holdsEvent', () => {
  it('is true where an event stands, and nowhere else', async () => {
    const [first] = await Array.fromAsync(client.readAll({ maxCount: 1 }));
    const at = first?.event?.position;
    if (at === undefined) throw new Error('the log is empty');
    expect(await holdsEvent(client, at)).toBe(true);
    expect(await holdsEvent(client, { commit: at.commit + 1n, prepare: at.prepare + 1n })).toBe(false);
    expect(await holdsEvent(client, { commit: 2n ** 40n, prepare: 2n ** 40n })).toBe(false);
  });
});
