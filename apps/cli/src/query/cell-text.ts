// Values of DuckDB as text, the same wherever they are told: times in UTC as ISO 8601, decimals with all their places.
// In JSON, a number stands as a number where every reader gets exactly that number, and else as text.
import {
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api';

/** `null` for NULL. */
export function cellText(value: DuckDBValue, type: DuckDBType): string | null {
  if (value === null) return null;
  if (typeof value === 'string') return value;
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return isoTime(value);
  if (typeof value !== 'object' || value instanceof DuckDBDecimalValue) return String(value);
  const nested = JsonDuckDBValueConverter(value, type, JsonDuckDBValueConverter);
  return typeof nested === 'string' ? nested : JSON.stringify(nested);
}

export function cellJson(value: DuckDBValue, type: DuckDBType): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : JSON.stringify(String(value));
  const text = cellText(value, type) ?? '';
  if (typeof value === 'bigint') return isExact(text) ? text : JSON.stringify(text);
  if (value instanceof DuckDBDecimalValue) return isExact(text) ? text : JSON.stringify(text);
  const isNested = typeof value === 'object' && /^(LIST|STRUCT|MAP|ARRAY|UNION|.*\[\d*\])/.test(String(type));
  return isNested ? text : JSON.stringify(text);
}

/** Every decimal number of up to 15 digits is a double of its own. */
const isExact = (text: string): boolean => text.replace(/^-?0*|\D/g, '').length <= 15;

function isoTime(value: DuckDBTimestampValue | DuckDBTimestampTZValue): string {
  const ms = value.micros / 1_000n;
  const at = new Date(Number(ms));
  // Infinity, and years that ISO 8601 has no digits for.
  if (Number.isNaN(at.getTime()) || Math.abs(at.getUTCFullYear() - 5_000) >= 5_000) return String(value);
  const micros = ((value.micros % 1_000n) + 1_000n) % 1_000n;
  const [text] = at.toISOString().split('Z');
  return micros === 0n || value.micros < 0n ? `${text}Z` : `${text}${String(micros).padStart(3, '0')}Z`;
}

/** A field of CSV: NULL is empty, and an empty text is not. */
export function csvField(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
