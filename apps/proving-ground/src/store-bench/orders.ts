// The load of all benches: events as the gateway writes them, a stream for each order, a few hundred bytes.
import { randomUUID } from 'node:crypto';
import { type EventStoreDBClient, jsonEvent } from '@eventstore/db-client';

/** A client of the server on this port. */
export type Connect = (port: number) => EventStoreDBClient;

export const newStream = () => `order-${randomUUID()}`;

export const orderPlaced = () =>
  jsonEvent({
    type: 'OrderPlaced',
    data: {
      orderId: randomUUID(),
      instrument: 'DE0007164600',
      side: 'buy',
      quantity: 100,
      limitPrice: '187.25',
      placedAt: new Date().toISOString(),
    },
    metadata: { correlationId: randomUUID(), schemaVersion: 1 },
  });
