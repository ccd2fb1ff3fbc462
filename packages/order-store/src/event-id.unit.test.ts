import fc from 'fast-check';
import { v5 } from 'uuid';
import { expect, it } from 'vitest';
import { eventIdNamespace, eventIdOf } from './event-id.ts';

it('is the UUID of version 5 that everybody else derives', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(eventIdOf(text)).toBe(v5(text, eventIdNamespace));
    }),
    { numRuns: 2_000 },
  );
});

it('never changes for the same event', () => {
  expect(eventIdOf('order-1\n0\nrequest-1\nOrderPlaced\n{}')).toBe(
    v5('order-1\n0\nrequest-1\nOrderPlaced\n{}', '5a0d7c3e-8f34-4c0e-9d55-0d9b1f6c2a11'),
  );
});
