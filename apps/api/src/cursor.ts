// The place of a page in the list, as text that means nothing to the client and may therefore change its form.
import type { OrderCursor } from '@orders/read-model/order-queries';

const decoded = /^(\d{1,15})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** No cursor of ours is longer. */
export const cursorLengthMax = 100;

export const encodeCursor = ({ placedAtMs, id }: OrderCursor): string =>
  Buffer.from(`${placedAtMs}_${id}`).toString('base64url');

/** `null` for what {@link encodeCursor} did not write. */
export function decodeCursor(text: string): OrderCursor | null {
  const [, placedAt, id] = decoded.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  if (placedAt === undefined || id === undefined) return null;
  const cursor = { placedAtMs: Number(placedAt), id };
  // Node decodes base64 generously; two texts for one place would be no cursor but a guess.
  return encodeCursor(cursor) === text ? cursor : null;
}
