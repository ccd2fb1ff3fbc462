// The metadata of a stream: the newest event of its metadata stream, and what it hides of the stream's events. A
// document that EventStoreDB would not understand as a whole counts as none.

export type StreamMetadata = Readonly<{
  /** Events with a lower number are hidden; `everything` after a soft delete. */
  truncateBefore: number | 'everything';
  maxCount: number | undefined;
  maxAgeSeconds: number | undefined;
}>;

export const noMetadata: StreamMetadata = { truncateBefore: 0, maxCount: undefined, maxAgeSeconds: undefined };

export const isSoftDeleted = ({ truncateBefore }: StreamMetadata) => truncateBefore === 'everything';

const everything = 2n ** 63n - 1n;

/** The document that a soft delete writes, in place of all metadata that was there. */
export const softDeletedDocument = Buffer.from(`{"$tb":${everything}}`);

type StoredDocument = Readonly<{ isJson: boolean; data: Uint8Array }>;

export function parseStreamMetadata(stored: StoredDocument | undefined): StreamMetadata {
  const document = parseDocument(stored);
  if (document === undefined) return noMetadata;
  try {
    const [maxCount, maxAgeSeconds] = [positive(document.$maxCount), positive(document.$maxAge)];
    positive(document.$cacheControl);
    return { truncateBefore: truncation(document.$tb), maxCount, maxAgeSeconds };
  } catch (err) {
    if (err instanceof NotAnIntegerError) return noMetadata;
    throw err;
  }
}

/** The same document with another `$tb`; `undefined` for what is not a JSON object, which is no metadata. */
export function withTruncateBefore(stored: StoredDocument | undefined, truncateBefore: number): Buffer | undefined {
  const document = parseDocument(stored);
  if (document === undefined) return undefined;
  return Buffer.from(JSON.stringify({ ...document, $tb: truncateBefore }, rawIntegers));
}

type Document = Record<string, unknown>;

function parseDocument(stored: StoredDocument | undefined): Document | undefined {
  if (stored === undefined || !stored.isJson) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(stored.data).toString('utf8'), exactIntegers);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Document) : undefined;
  } catch {
    return undefined;
  }
}

// A number cannot tell 2^63 - 1, the mark of a soft delete, from 2^63, which is no revision at all.
const exactIntegers = (_key: string, value: unknown, { source }: { source?: string } = {}) =>
  typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;

const rawIntegers = (_key: string, value: unknown) =>
  typeof value === 'bigint' ? (JSON as unknown as RawJson).rawJSON(String(value)) : value;
type RawJson = { rawJSON(text: string): unknown };

class NotAnIntegerError extends Error {
  override readonly name = 'NotAnIntegerError';
}

function integer(value: unknown): bigint | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'bigint' || value > everything) throw new NotAnIntegerError();
  return value;
}

function positive(value: unknown): number | undefined {
  const number = integer(value);
  return number === undefined || number <= 0n ? undefined : Number(number);
}

function truncation(value: unknown): StreamMetadata['truncateBefore'] {
  const number = integer(value) ?? 0n;
  if (number === everything) return 'everything';
  return number < 0n ? 0 : Math.min(Number(number), Number.MAX_SAFE_INTEGER);
}
