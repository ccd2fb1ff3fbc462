// Properties that hold for every history: without them, one odd stream could stop a projection, or place an order
// twice.
import { describe, expect, it } from 'vitest';
import { OrderError } from './errors.ts';
import { anyCommand, anyEvent, commandSequence, fc } from './generators.ts';
import { decide, evolve, foldOrder, isDoubtful } from './order.ts';
import type { Order, OrderEvent } from './order-types.ts';

const runs = { numRuns: 2_000 };

/** The stream that a sequence of commands leaves behind, as the gateway would write it. */
function streamOf(commands: Parameters<typeof decide>[0][]): OrderEvent[] {
  const stream: OrderEvent[] = [];
  let order: Order = foldOrder([]);
  for (const command of commands) {
    try {
      const events = decide(command, order);
      stream.push(...events);
      order = events.reduce(evolve, order);
    } catch (error) {
      if (!(error instanceof OrderError)) throw error;
    }
  }
  return stream;
}

describe('evolve', () => {
  it('accepts every sequence of events, sensible or not', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 20 }), (events) => {
        expect(foldOrder(events).status).toBeTypeOf('string');
      }),
      runs,
    );
  });

  it('never moves an order that was submitted', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 10 }), fc.array(anyEvent, { maxLength: 10 }), (before, after) => {
        const order = foldOrder(before);
        fc.pre(order.status === 'submitted');
        expect(after.reduce(evolve, order)).toEqual(order);
      }),
      { ...runs, maxSkipsPerRun: 1_000 },
    );
  });

  it('changes nothing but what the event states: folding in two steps equals folding in one', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 20 }), fc.nat({ max: 20 }), (events, cut) => {
        const inTwo = events.slice(cut).reduce(evolve, foldOrder(events.slice(0, cut)));
        expect(inTwo).toEqual(foldOrder(events));
      }),
      runs,
    );
  });
});

describe('decide', () => {
  it('either answers or names a broken rule, for every command in every state', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), anyCommand, (events, command) => {
        try {
          expect(decide(command, foldOrder(events)).length).toBeLessThanOrEqual(1);
        } catch (error) {
          expect(error).toBeInstanceOf(OrderError);
        }
      }),
      runs,
    );
  });

  it('submits an order at most once, and begins no call after that', () => {
    fc.assert(
      fc.property(commandSequence, (commands) => {
        const types = streamOf(commands).map(({ type }) => type);
        expect(types.filter((type) => type === 'OrderSubmitted').length).toBeLessThanOrEqual(1);
        expect(types.filter((type) => type === 'OrderPlaced').length).toBeLessThanOrEqual(1);
        const end = types.indexOf('OrderSubmitted');
        if (end >= 0) expect(types.slice(end + 1)).toEqual([]);
      }),
      runs,
    );
  });

  it('never fails an order for used-up attempts while a call of unknown outcome is on record', () => {
    fc.assert(
      fc.property(commandSequence, (commands) => {
        const stream = streamOf(commands);
        for (const [index, event] of stream.entries()) {
          if (event.type !== 'OrderFailed' || event.data.code !== 'attempts_exhausted') continue;
          const before = foldOrder(stream.slice(0, index));
          expect(before.status === 'absent' || isDoubtful(before)).toBe(false);
        }
      }),
      runs,
    );
  });

  it('leaves no call to be made while an order is in doubt, before evidence or an operator ends the doubt', () => {
    fc.assert(
      fc.property(commandSequence, (commands) => {
        const types = streamOf(commands).map(({ type }) => type);
        for (const [index, type] of types.entries()) {
          if (type === 'OrderInDoubt') expect(types[index + 1]).not.toBe('SubmissionStarted');
        }
      }),
      runs,
    );
  });
});
