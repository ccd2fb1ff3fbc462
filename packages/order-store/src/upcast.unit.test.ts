import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OrderEvent, orderEventTypes } from '@orders/domain/order-types';
import {
  orderFailed,
  orderInDoubt,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionAttemptFailed,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeEvents } from './event-codec.ts';
import type { EventMetadata } from './order-store.ts';
import { schemaVersionOf } from './upcast.ts';

type Golden = { name: string; type: OrderEvent['type']; recorded_at: string; data: object; metadata: EventMetadata };

const folder = join(import.meta.dirname, '../golden');
const golden = readdirSync(folder).map((file): Golden => {
  const stored = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  return { name: file.replace('.json', ''), ...stored };
});

/** What the present form has and the stored one had not. Everything else reads as it was stored. */
const lifted: Record<string, object> = {
  'OrderInDoubt.v1': { in_doubt_since: '2026-01-31T08:00:05.020Z' },
  'RedriveRequested.v1': { requested_at: '2026-01-31T08:00:05.020Z' },
};

const decoded = ({ type, recorded_at, data, metadata }: Golden) =>
  decodeEvent({
    event: {
      ...{ id: 'd3b0a1f0-0000-5000-8000-000000000001', streamId: 'order-1', revision: 0n, isJson: true },
      ...{ type, data, metadata, created: new Date(recorded_at), position: { commit: 7n, prepare: 7n } },
    } as never,
  });

describe('events that were stored long ago', () => {
  it.each(golden.map((stored) => [stored.name, stored] as const))('reads %s', (name, stored) => {
    expect(decoded(stored)?.event).toEqual({ type: stored.type, data: { ...stored.data, ...lifted[name] } });
    expect(decoded(stored)?.metadata).toEqual(stored.metadata);
  });

  it.each(orderEventTypes)('are there in every version of %s', (type) => {
    const versions = golden.filter((stored) => stored.type === type).map(({ metadata }) => metadata.schema_version);
    const all = Array.from({ length: schemaVersionOf(type) }, (_, index) => index + 1);
    expect([...new Set(versions)].sort()).toEqual(all);
  });

  it.each(golden.map(({ name, type, metadata }) => [name, `${type}.v${metadata.schema_version}`] as const))(
    'are kept under their type and version: %s',
    (name, begin) => expect(name === begin || name.startsWith(`${begin}.`)).toBe(true),
  );
});

describe('events as they are written now', () => {
  const orderId = '019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e';
  const written = [
    orderPlaced(orderId),
    submissionStarted(orderId),
    submissionAttemptFailed(orderId),
    orderSubmitted(orderId),
    orderFailed(orderId),
    orderInDoubt(orderId),
    redriveRequested(orderId),
  ];

  it('are of every type', () => expect(written.map(({ type }) => type)).toEqual(orderEventTypes));

  it.each(written.map((event) => [event.type, event] as const))('have the form that is kept of %s', (type, event) => {
    const context = { correlationId: 'request-1', causationId: 'cause-1' };
    const [stored] = encodeEvents({ orderId, expectedRevision: 0n, events: [event], context });
    const { schema_version } = (stored?.metadata ?? {}) as Partial<EventMetadata>;
    const kept = golden.filter((one) => one.type === type && one.metadata.schema_version === schema_version);
    const fieldsOf = (data: object) => Object.keys(data).sort();
    expect(kept.map(({ data }) => fieldsOf(data))).toContainEqual(fieldsOf(event.data));
  });
});
