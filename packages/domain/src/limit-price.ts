// Money is never a float inside: a price is read once, at the edge, into a canonical decimal string, and printed as a
// JSON number only where it can be printed exactly.

/** The largest price whose cents a JSON number (a double) still holds exactly: 15 significant digits. */
export const limitPriceMax = '9999999999999.99';

/** What a price looks like as text: at most 13 digits, no sign, no exponent, at most two decimals. */
export const limitPricePattern = '^(0|[1-9][0-9]{0,12})(\\.[0-9]{1,2})?$';

const decimal = new RegExp(limitPricePattern);

/**
 * The canonical form, always with two decimals, such as `"120.50"`; `null` when `price` is none (not > 0, or too fine).
 */
export function canonicalLimitPrice(price: number | string): string | null {
  const text = String(price);
  if (!decimal.test(text)) return null;
  const [units = '', cents = ''] = text.split('.');
  const canonical = `${units}.${cents.padEnd(2, '0')}`;
  return canonical === '0.00' ? null : canonical;
}

/** The JSON number of a canonical price. Exact, because of {@link limitPriceMax}. */
export const limitPriceNumber = (canonical: string): number => Number(canonical);
