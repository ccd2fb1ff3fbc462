import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { LogPosition } from '@orders/order-store/order-store';
import { readLogEnd } from '@orders/order-store/store-identity';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { orderPlaced } from '@orders/test-kit/order-events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnreachableError, UnusableInputError } from '../src/failures.ts';
import { beforePlace, logPlace, upToPlace } from '../src/log-place.ts';

let embedded: TestEventStore;
let client: EventStoreDBClient;
/** Of events that lie at least some milliseconds apart. */
const positions: LogPosition[] = [];
const times: Date[] = [];

beforeAll(async () => {
  embedded = await startTestEventStore();
  client = EventStoreDBClient.connectionString(embedded.url);
  for (let number = 0; number < 4; number += 1) {
    await client.appendToStream(`order-${number}`, jsonEvent(orderPlaced(String(number))));
    await sleep(5);
  }
  for await (const { event } of client.readAll()) {
    if (event?.position === undefined) continue;
    positions.push(event.position);
    times.push(event.created);
  }
});
afterAll(async () => {
  await client.dispose();
  await embedded.stop();
});

const at = (time: Date | undefined) => logPlace(time?.toISOString() ?? '');
const position = (number: number) => ({ kind: 'position', commit: positions[number]?.commit ?? 0n }) as const;

describe('a reading that begins at a place', () => {
  it('begins behind the event before it, so that the place itself is read', async () => {
    expect(await beforePlace(client, { kind: 'start' })).toBeNull();
    expect(await beforePlace(client, { kind: 'now' })).toEqual(positions.at(-1));
    expect(await beforePlace(client, position(2))).toEqual(positions[1]);
    expect(await beforePlace(client, position(0))).toBeNull();
    expect(await beforePlace(client, at(times[2]))).toEqual(positions[1]);
    expect(await beforePlace(client, logPlace('2020-01-01'))).toBeNull();
  });
});

describe('a reading that ends at a place', () => {
  it('ends with the event there', async () => {
    expect(await upToPlace(client, { kind: 'start' })).toBeNull();
    expect(await upToPlace(client, { kind: 'now' })).toEqual(positions.at(-1));
    expect(await upToPlace(client, position(2))).toEqual(positions[2]);
    expect(await upToPlace(client, at(times[2]))).toEqual(positions[2]);
    expect(await upToPlace(client, at(new Date(Number(times[2]) - 1)))).toEqual(positions[1]);
    expect(await upToPlace(client, logPlace('2020-01-01'))).toBeNull();
  });

  it.each([
    ['a time that is still to come', () => at(new Date(Date.now() + 60_000)), 'lies in the future'],
    [
      'a position between two events',
      () => ({ kind: 'position', commit: (positions[1]?.commit ?? 0n) + 1n }) as const,
      'no event stands at position',
    ],
    [
      'a position behind the end',
      () => ({ kind: 'position', commit: (positions.at(-1)?.commit ?? 0n) + 1n }) as const,
      'the log ends at position',
    ],
  ])('is refused for %s', async (_case, place, reason) => {
    await expect(upToPlace(client, place())).rejects.toThrow(reason);
    await expect(beforePlace(client, place())).rejects.toBeInstanceOf(UnusableInputError);
  });

  it('says that the event store is gone', async () => {
    const gone = EventStoreDBClient.connectionString('esdb://127.0.0.1:1?tls=false&maxDiscoverAttempts=1');
    await expect(upToPlace(gone, { kind: 'now' })).rejects.toBeInstanceOf(UnreachableError);
    await gone.dispose().catch(() => undefined);
  });
});

describe('an empty log', () => {
  it('has an end before its start, and no position', async () => {
    const empty = await startTestEventStore();
    const other = EventStoreDBClient.connectionString(empty.url);
    // A server may have written something of its own: then there is an end, and nothing else differs.
    const end = await readLogEnd(other);
    expect(await upToPlace(other, { kind: 'now' })).toEqual(end);
    expect(await beforePlace(other, logPlace('1h'))).toBeNull();
    const refusal = end === null ? 'the log is empty' : 'no event stands at position';
    await expect(upToPlace(other, { kind: 'position', commit: 1n })).rejects.toThrow(refusal);
    await other.dispose();
    await empty.stop();
  });
});
