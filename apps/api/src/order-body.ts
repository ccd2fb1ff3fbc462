// From the body of a request to the terms of an order. The schema has looked at each field by itself; here come the
// rules that it cannot state, reported in one go with what it found.
import { canonicalLimitPrice } from '@orders/domain/limit-price';
import type { OrderTerms } from '@orders/domain/order-types';
import { breaksRule, type FieldErrors, fieldErrors, type Violation } from './field-errors.ts';
import type { OrderBody } from './schemas/requests.ts';

const priceProhibited = 'Providing a `limit_price` is prohibited for type `market`';
const priceRequired = 'Attribute `limit_price` is required for type `limit`';

type Reading = { terms: OrderTerms } | { errors: FieldErrors };

/** `violations` are what the schema found wrong with `body`. A `null` price is none, as in the answers. */
export function readOrderTerms(body: unknown, violations: readonly Violation[]): Reading {
  const errors = fieldErrors(violations, 'body');
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { errors };

  const { type, limit_price, instrument }: Partial<Record<keyof OrderTerms, unknown>> = body;
  const hasPrice = limit_price !== undefined && limit_price !== null;
  if (type === 'market' && hasPrice) errors.set('limit_price', priceProhibited);
  if (type === 'limit' && !hasPrice) errors.set('limit_price', priceRequired);
  if (hasPrice && !errors.has('limit_price') && canonicalLimitPrice(limit_price as number | string) === null) {
    errors.set('limit_price', breaksRule('body', 'limit_price'));
  }
  // Half of a surrogate pair would be stored as another character, and the order would no longer equal itself.
  if (typeof instrument === 'string' && !instrument.isWellFormed()) {
    errors.set('instrument', breaksRule('body', 'instrument'));
  }
  return errors.size === 0 ? { terms: termsOf(body as OrderBody) } : { errors };
}

function termsOf({ type, side, instrument, limit_price, quantity }: OrderBody): OrderTerms {
  const price = limit_price === undefined || limit_price === null ? null : canonicalLimitPrice(limit_price);
  return { type, side, instrument, limit_price: price, quantity };
}
