import { describe, expect, it } from 'vitest';
import { orderId } from './order-id.ts';

const id = '019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e';

describe('orderId', () => {
  it.each([
    id,
    id.toUpperCase(),
    ` ${id}\n`,
    `order-${id}`,
    `/orders/${id}`,
    `/v1/orders/${id}`,
    `http://localhost:8000/orders/${id}`,
    `http://localhost:8000/orders/${id}/`,
    `http://localhost:8000/orders/${id}/events`,
  ])('finds the id in what people copy: %s', (text) => expect(orderId(text)).toBe(id));

  it.each(['', 'latest', id.slice(0, -1), `${id}0`, `${id} ${id}`, `http://localhost:8000/accounts/${id}`])(
    'refuses to guess: "%s"',
    (text) => expect(() => orderId(text)).toThrow('id of an order'),
  );
});
