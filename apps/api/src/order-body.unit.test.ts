import { describe, expect, it } from 'vitest';
import type { Violation } from './field-errors.ts';
import { readOrderTerms } from './order-body.ts';

const limit = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: 120.5, quantity: 5 };
const market = { type: 'market', side: 'sell', instrument: 'DE0007164600', quantity: 5 };

const violation = (instancePath: string): Violation => ({ keyword: 'any', instancePath, schemaPath: '', params: {} });

const errorsOf = (body: unknown, violations: Violation[] = []) => {
  const reading = readOrderTerms(body, violations);
  return 'errors' in reading ? Object.fromEntries(reading.errors) : null;
};

describe('the terms of an order', () => {
  it.each([
    [120.5, '120.50'],
    ['120.5', '120.50'],
    [1e3, '1000.00'],
    [0.1, '0.10'],
  ])('have the price %j as the exact decimal %s', (limit_price, exact) => {
    expect(readOrderTerms({ ...limit, limit_price }, [])).toEqual({ terms: { ...limit, limit_price: exact } });
  });

  it.each([market, { ...market, limit_price: null }])('of a market order have the price null: %o', (body) => {
    expect(readOrderTerms(body, [])).toEqual({ terms: { ...market, limit_price: null } });
  });
});

describe('a price', () => {
  it('that the schema lets through is refused when it is too fine, too large or nothing', () => {
    for (const limit_price of [0.001, 1.005, 1e21, '0.00', -0]) {
      expect(Object.keys(errorsOf({ ...limit, limit_price }) ?? {})).toEqual(['limit_price']);
    }
  });

  it('is one error, however often the schema complains about it', () => {
    const complaints = [violation('/limit_price'), violation('/limit_price'), violation('/limit_price')];
    expect(Object.keys(errorsOf({ ...limit, limit_price: true }, complaints) ?? {})).toEqual(['limit_price']);
  });

  it('is prohibited for a market order, whatever else is wrong with it', () => {
    const errors = errorsOf({ ...market, limit_price: true }, [violation('/limit_price')]);
    expect(errors).toEqual({ limit_price: 'Providing a `limit_price` is prohibited for type `market`' });
  });

  it.each([undefined, null])('of %s is missing in a limit order', (limit_price) => {
    const errors = errorsOf({ ...limit, limit_price });
    expect(errors).toEqual({ limit_price: 'Attribute `limit_price` is required for type `limit`' });
  });

  it('may be absent while the type is not known', () => {
    expect(Object.keys(errorsOf({ ...market, type: 'stop' }, [violation('/type')]) ?? {})).toEqual(['type']);
  });
});

it.each([[[]], [null], ['text'], [5]])('%j is no order, which is said once', (body) => {
  expect(errorsOf(body, [violation('')])).toEqual({ body: 'The body must be a JSON object' });
});
