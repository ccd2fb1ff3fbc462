// What every order store keeps, whatever it stands on. Each one runs this suite; what passes it can be exchanged.
import { orderPlaced, submissionStarted } from '@orders/test-kit/order-events';
import { v7 as uuidV7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import type { Append, OrderStore } from '../src/order-store.ts';

export const newOrderId = (): string => uuidV7();

export const placement = (orderId: string, over: Partial<Append> = {}): Append => ({
  orderId,
  expectedRevision: 'no_stream',
  events: [orderPlaced(orderId)],
  context: { correlationId: 'request-1', causationId: `cause-of-${orderId}` },
  ...over,
});

export function orderStoreContract(name: string, open: () => OrderStore) {
  describe(`the order store ${name}`, () => {
    it('knows nothing of an order that was never placed', async () => {
      expect(await open().load(newOrderId())).toEqual({
        order: { status: 'absent' },
        revision: 'no_stream',
        history: [],
      });
    });

    it('reads back what was stored, with the metadata of the command', async () => {
      const store = open();
      const orderId = newOrderId();
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const context = { correlationId: 'request-1', causationId: 'cause-1', traceparent };
      const stored = await store.append(placement(orderId, { context }));
      expect(stored).toMatchObject({ kind: 'stored', revision: 0n });
      const { order, revision, history } = await store.load(orderId);
      expect(order).toMatchObject({ status: 'placed', id: orderId });
      expect(revision).toBe(0n);
      expect(history).toMatchObject([
        {
          orderId,
          event: orderPlaced(orderId),
          metadata: { $correlationId: 'request-1', $causationId: 'cause-1', traceparent, schema_version: 1 },
        },
      ]);
      expect(history[0]?.position).toEqual(stored.kind === 'stored' && stored.position);
    });

    it('appends at the exact revision, and reports a conflict anywhere else', async () => {
      const store = open();
      const orderId = newOrderId();
      const start = { events: [submissionStarted(orderId)], context: { correlationId: 'r', causationId: 'start' } };
      expect(await store.append(placement(orderId, { ...start, expectedRevision: 0n }))).toEqual({ kind: 'conflict' });
      await store.append(placement(orderId));
      expect(await store.append(placement(orderId, { ...start, expectedRevision: 1n }))).toEqual({ kind: 'conflict' });
      expect(await store.append(placement(orderId, { ...start, expectedRevision: 0n }))).toMatchObject({
        revision: 1n,
      });
      expect((await store.load(orderId)).history.map(({ event }) => event.type)).toEqual([
        'OrderPlaced',
        'SubmissionStarted',
      ]);
    });

    it('recognises a repeated append, however late, and answers as it did the first time', async () => {
      const store = open();
      const orderId = newOrderId();
      const first = await store.append(placement(orderId));
      expect(await store.append(placement(orderId))).toEqual(first);
      await store.append(
        placement(orderId, {
          expectedRevision: 0n,
          events: [submissionStarted(orderId)],
          context: { correlationId: 'r', causationId: 'start' },
        }),
      );
      expect(await store.append(placement(orderId))).toEqual(first);
      expect((await store.load(orderId)).history).toHaveLength(2);
    });

    it('takes the same event of another command for a rival, not for a repeat', async () => {
      const store = open();
      const orderId = newOrderId();
      await store.append(placement(orderId));
      const twin = placement(orderId, { context: { correlationId: 'request-2', causationId: 'another command' } });
      expect(await store.append(twin)).toEqual({ kind: 'conflict' });
    });

    it('lets exactly one of many rivals place the order', async () => {
      const store = open();
      const orderId = newOrderId();
      const rivals = Array.from({ length: 50 }, (_, n) =>
        store.append(placement(orderId, { context: { correlationId: `r${n}`, causationId: `c${n}` } })),
      );
      const kinds = (await Promise.all(rivals)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'stored')).toHaveLength(1);
      expect((await store.load(orderId)).history).toHaveLength(1);
    });

    it('gives later events later positions', async () => {
      const store = open();
      const positions: bigint[] = [];
      for (let n = 0; n < 5; n += 1) {
        const stored = await store.append(placement(newOrderId()));
        if (stored.kind === 'stored') positions.push(stored.position.commit);
      }
      expect(positions).toHaveLength(5);
      expect(positions).toEqual([...positions].sort((a, b) => (a < b ? -1 : 1)));
      expect(new Set(positions).size).toBe(5);
    });
  });
}
