import type { OrderEvent } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { viewOfHistory } from '@orders/read-model/order-view';
import {
  orderFailed,
  orderPlaced,
  orderSubmitted,
  redriveRequested,
  submissionStarted,
} from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { type EventFilter, eventFilter } from './event-filter.ts';

const life = (id: string): RecordedOrderEvent[] =>
  [orderPlaced(id), submissionStarted(id), orderFailed(id), redriveRequested(id), orderSubmitted(id)].map(
    (event: OrderEvent, index) => ({ event, orderId: id, revision: BigInt(index) }) as RecordedOrderEvent,
  );
// Many orders at once, each event as far from the last one of its order as can be.
const lives = Array.from({ length: 40 }, (_, index) => life(`o-${index}`));
const log = [0, 1, 2, 3, 4].flatMap((step) => lives.flatMap((events) => events[step] ?? []));
const lookUp = async (orderId: string, events: bigint) =>
  viewOfHistory(lives.flat().filter((one) => one.orderId === orderId && one.revision < events));
const all: EventFilter = { types: new Set(), instruments: new Set(), sides: new Set(), statuses: new Set() };
const failed: EventFilter = { ...all, statuses: new Set(['failed', 'submitted']) };
const expected = log.filter(({ event }) => event.type === 'OrderFailed' || event.type === 'OrderSubmitted');

async function filtered(select: ReturnType<typeof eventFilter>, events: readonly RecordedOrderEvent[], batch: number) {
  const found: RecordedOrderEvent[] = [];
  for (let at = 0; at < events.length; at += batch) found.push(...(await select(events.slice(at, at + batch))));
  return found;
}

describe('eventFilter', () => {
  it.each([
    [50_000, 7],
    [20, 10],
    [2, 1],
  ])('finds the same events with room for %i orders, in batches of %i', async (ordersMax, batch) =>
    expect(await filtered(eventFilter(failed, { lookUp, ordersMax }), log, batch)).toEqual(expected),
  );

  it('finds them when it begins in the middle', async () =>
    expect(await filtered(eventFilter(failed, { lookUp }), log.slice(100), 10)).toEqual(
      expected.filter((event) => log.indexOf(event) >= 100),
    ));

  it('finds them when the event store fails now and then, and the same events come again', async () => {
    let calls = 0;
    const failing = (orderId: string, events: bigint) => {
      calls += 1;
      return calls % 3 === 0 ? Promise.reject(new Error('away')) : lookUp(orderId, events);
    };
    const select = eventFilter(failed, { lookUp: failing, ordersMax: 4 });
    const patient: typeof select = async (events) => {
      for (;;) {
        const found = await select(events).catch(() => null);
        if (found !== null) return found;
      }
    };
    expect(await filtered(patient, log, 2)).toEqual(expected);
  });

  it('looks up nothing when types are all that is asked for', async () => {
    const select = eventFilter(
      { ...all, types: new Set(['OrderFailed']) },
      { lookUp: () => Promise.reject(new Error()) },
    );
    expect(await select(log)).toHaveLength(40);
  });
});
