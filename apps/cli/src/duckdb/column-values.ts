// What events hold as text, in the types of columns. A value that does not fit its column is NULL there: whoever wrote
// into an order stream by hand must not be able to stop an export. Money is never a float on the way.
import { DECIMAL, DuckDBDecimalValue, DuckDBTimestampValue } from '@duckdb/node-api';

/** As wide as the largest price that the gateway takes. */
export const priceType = DECIMAL(15, 2);

const price = /^\d{1,13}(\.\d{1,2})?$/;
const bigintMax = 2n ** 63n - 1n;

export function priceValue(value: unknown): DuckDBDecimalValue | null {
  if (typeof value !== 'string' || !price.test(value)) return null;
  const [whole = '', places = ''] = value.split('.');
  return new DuckDBDecimalValue(BigInt(whole + places.padEnd(2, '0')), 15, 2);
}

/** Milliseconds, as the gateway and its event store know time. */
export function timeValue(value: unknown): DuckDBTimestampValue | null {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : new DuckDBTimestampValue(BigInt(ms) * 1_000n);
}

/** Neither CSV nor a terminal knows what to do with a NUL. */
export const textValue = (value: unknown): string | null =>
  typeof value !== 'string' ? null : value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;

export function wholeValue(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value <= bigintMax ? value : null;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null;
}

/** For columns of 32 bits. */
export const countValue = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? value : null;
