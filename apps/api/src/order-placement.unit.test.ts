import { OrderError } from '@orders/domain/errors';
import { memoryOrderStore } from '@orders/order-store/memory-order-store';
import { AppendError } from '@orders/order-store/order-store';
import { describe, expect, it } from 'vitest';
import { orderPlacement, type Placement, type PlacementDeps, PlacementError } from './order-placement.ts';

const terms = { type: 'market', side: 'buy', instrument: 'DE0007164600', limit_price: null, quantity: 5 } as const;
const placement: Placement = {
  ...{ accountId: 'desk-7', idempotencyKey: 'key-1', terms, correlationId: 'request-1', traceparent: undefined },
};

function placing(replaced: Partial<PlacementDeps> = {}) {
  const store = memoryOrderStore();
  let ids = 0;
  const newId = () => `id-${++ids}`;
  return { store, place: orderPlacement({ ...store, now: () => new Date(0), newId, ...replaced }) };
}

describe('the id of a keyed order', () => {
  it('is the same in every process and release, for a repeated request must find the order of the first', async () => {
    const { placed } = await placing().place(placement);
    expect(placed.order_id).toBe('67af03e6-3a39-5d8a-96f8-d3fc14b5fe27');
  });

  it('keeps accounts and keys apart, wherever the one ends and the other begins', async () => {
    const { place } = placing();
    const one = await place({ ...placement, accountId: 'a', idempotencyKey: 'bc' });
    const other = await place({ ...placement, accountId: 'ab', idempotencyKey: 'c' });
    expect(one.placed.order_id).not.toBe(other.placed.order_id);
  });
});

describe('a conflict', () => {
  it('with our own event is no replay: the store stored it, and lost count', async () => {
    const store = memoryOrderStore();
    const forgetful = async (append: Parameters<typeof store.append>[0]) => {
      await store.append(append);
      return { kind: 'conflict' } as const;
    };
    const { place } = placing({ append: forgetful, load: store.load });
    expect(await place(placement)).toMatchObject({ replayed: false, revision: 0n });
  });

  it('with a stream that holds no order leaves the outcome unknown', async () => {
    const { place } = placing({ append: async () => ({ kind: 'conflict' }) });
    await expect(place(placement)).rejects.toMatchObject({ name: 'PlacementError', outcome: 'unknown' });
  });

  it('with an order of other terms is the fault of the client', async () => {
    const { place } = placing();
    await place(placement);
    const other = place({ ...placement, terms: { ...terms, quantity: 6 } });
    await expect(other).rejects.toThrow(OrderError);
  });
});

it.each(['not-stored', 'unknown'] as const)('an append that fails as %s is passed on as that', async (outcome) => {
  const cause = new AppendError(outcome, 'no quorum');
  const { place } = placing({ append: () => Promise.reject(cause) });
  await expect(place(placement)).rejects.toMatchObject({ outcome, cause });
  await expect(place(placement)).rejects.toThrow(PlacementError);
});
