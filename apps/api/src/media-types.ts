import Negotiator from 'negotiator';

/** The one of `offered` that a client wants most, the first of equals; `null` when it accepts none (RFC 9110). */
export function preferredMediaType<Offered extends string>(
  accept: string | undefined,
  offered: readonly Offered[],
): Offered | null {
  // A header without a word says nothing, as does none.
  const headers = accept?.trim() ? { accept } : {};
  const preferred = new Negotiator({ headers }).mediaType([...offered]);
  return offered.find((mediaType) => mediaType === preferred) ?? null;
}
