// Which of our media types a client wants most, by the rules of RFC 9110, section 12.5.1.

type Range = { type: string; subtype: string; quality: number };

// A client has no use for more; a header full of ranges must not cost more than the answer.
const rangesMax = 64;
const qualityPattern = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/;

/**
 * The one of `offered` with the highest quality, the first of equals; `null` when the client accepts none of them. No
 * header accepts everything. A range that nobody could have meant is passed over.
 */
export function preferredMediaType<Offered extends string>(
  accept: string | undefined,
  offered: readonly Offered[],
): Offered | null {
  const ranges = accept === undefined || accept.trim() === '' ? null : readRanges(accept);
  let preferred: Offered | null = null;
  let highest = 0;
  for (const mediaType of offered) {
    const quality = ranges === null ? 1 : qualityOf(mediaType, ranges);
    if (quality <= highest) continue;
    preferred = mediaType;
    highest = quality;
  }
  return preferred;
}

function readRanges(accept: string): Range[] {
  return accept
    .split(',', rangesMax)
    .map((text) => text.split(';').map((part) => part.trim().toLowerCase()))
    .flatMap(([range = '', ...parameters]) => {
      const [type = '', subtype = '', ...rest] = range.split('/');
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice('q='.length) ?? '1';
      const known = type !== '' && subtype !== '' && rest.length === 0 && qualityPattern.test(weight);
      return known ? [{ type, subtype, quality: Number(weight) }] : [];
    });
}

/** That of the most specific range that fits, wherever it stands. */
function qualityOf(mediaType: string, ranges: readonly Range[]): number {
  const [ownType, ownSubtype] = mediaType.split('/');
  let best = { specificity: -1, quality: 0 };
  for (const { type, subtype, quality } of ranges) {
    const fits = (type === ownType && (subtype === ownSubtype || subtype === '*')) || (type === '*' && subtype === '*');
    if (!fits) continue;
    const specificity = type === '*' ? 0 : subtype === '*' ? 1 : 2;
    if (specificity > best.specificity) best = { specificity, quality };
  }
  return best.quality;
}
