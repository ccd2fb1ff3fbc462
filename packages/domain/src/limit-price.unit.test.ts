import { describe, expect, it } from 'vitest';
import { canonicalLimitPrice, limitPriceMax, limitPriceNumber } from './limit-price.ts';

describe('canonicalLimitPrice', () => {
  it.each([
    [1, '1.00'],
    [0.01, '0.01'],
    [120.5, '120.50'],
    ['120.5', '120.50'],
    ['120.50', '120.50'],
    [1e3, '1000.00'],
    [9_999_999_999_999.99, limitPriceMax],
  ])('reads %j as %s', (price, canonical) => expect(canonicalLimitPrice(price)).toBe(canonical));

  it.each([
    [0],
    [-1],
    ['0'],
    ['0.00'],
    ['-1'],
    ['+1'],
    ['01'],
    ['1.'],
    ['.5'],
    ['1e3'],
    ['NaN'],
    ['Infinity'],
    [' 1'],
    ['1,5'],
    [''],
    [1.005],
    ['1.005'],
    [1e-7],
    [1e21],
    [10_000_000_000_000],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ['١'],
  ])('does not take %j for a price', (price) => expect(canonicalLimitPrice(price)).toBeNull());

  it('survives the way through a JSON number, up to the largest price', () => {
    for (const canonical of ['0.01', '0.07', '1.10', '4503599627370.49', '9999999999999.98', limitPriceMax]) {
      const sent = JSON.parse(JSON.stringify(limitPriceNumber(canonical))) as number;
      expect(canonicalLimitPrice(sent)).toBe(canonical);
    }
  });
});
