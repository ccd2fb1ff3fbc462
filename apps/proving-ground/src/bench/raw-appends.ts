// What the client of the event store can append at most: one client, so many appends in flight, the events of the
// gateway, and nothing else to do. A process, told its port and the connection string.
import { randomUUID } from 'node:crypto';
import { jsonEvent, NO_STREAM } from '@eventstore/db-client';
import type { OrderPlaced } from '@orders/domain/order-types';

import { openEventStore } from '@orders/order-store/open-event-store';
import type { EventMetadata } from '@orders/order-store/order-store';
import { schemaVersionOf } from '@orders/order-store/upcast';
import { percentile } from '../figures.ts';
import { serveRounds } from './round-service.ts';

const [, , port, url = ''] = process.argv;
const log = { warn: () => undefined };
const client = openEventStore({ url, log, onStop: () => undefined }).client();

// No orders, or the audit would count them; the names are as long as those of orders.
const newStream = () => `other-${randomUUID()}`;

function orderPlaced() {
  const data: OrderPlaced['data'] = {
    order_id: randomUUID(),
    account_id: 'default',
    ...{ type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: '120.50', quantity: 5 },
    placed_at: new Date().toISOString(),
  };
  const metadata: EventMetadata = {
    ...{ $correlationId: randomUUID(), $causationId: randomUUID() },
    schema_version: schemaVersionOf('OrderPlaced'),
  };
  return jsonEvent({ type: 'OrderPlaced', data, metadata });
}

serveRounds(Number(port), async ({ milliseconds = 0, inFlight = 0 }) => {
  const startMs = performance.now();
  const endMs = startMs + milliseconds;
  const latenciesMs: number[] = [];
  const appendUntilTheEnd = async () => {
    for (let sentMs = startMs; sentMs < endMs; ) {
      await client.appendToStream(newStream(), orderPlaced(), { expectedRevision: NO_STREAM });
      const nowMs = performance.now();
      latenciesMs.push(nowMs - sentMs);
      sentMs = nowMs;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, appendUntilTheEnd));
  return {
    count: latenciesMs.length,
    seconds: (performance.now() - startMs) / 1_000,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  };
});
