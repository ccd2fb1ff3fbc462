// What a field must be, in the words that both the documentation and the refusal of a request use.
import { limitPriceMax } from '@orders/domain/limit-price';
import { orderStatuses } from '@orders/domain/order-types';

export const instrumentLength = 12;
export const quantityMax = Number.MAX_SAFE_INTEGER;
export const pageSizeMax = 500;

const names = (values: readonly string[]) => values.map((value) => `\`${value}\``).join(', ');
const dateTime = 'must be a date and time with a time zone (RFC 3339), such as `2026-01-31T08:00:00Z`';
const accountId = 'must be 1 to 64 characters out of letters, digits and `.` `_` `-`';

export const fieldRules = {
  type: 'must be `market` or `limit`',
  side: 'must be `buy` or `sell`',
  instrument: `must be a string of exactly ${instrumentLength} characters`,
  limit_price: `must be a number or a decimal string greater than 0, at most ${limitPriceMax}, with at most 2 decimals`,
  quantity: `must be an integer from 1 to ${quantityMax}`,
  status: `must be one or more of ${names(orderStatuses)}`,
  by: 'must be a name of 1 to 100 characters',
  reason: 'must be a text of 1 to 500 characters',
  account: accountId,
  placed_from: dateTime,
  placed_to: dateTime,
  limit: `must be an integer from 1 to ${pageSizeMax}`,
  cursor: 'must be the `next_cursor` of an earlier page',
  'X-Account-Id': accountId,
  'Idempotency-Key': 'must be 1 to 255 visible ASCII characters',
} as const;

export type RuledField = keyof typeof fieldRules;

export const isRuled = (field: string): field is RuledField => Object.hasOwn(fieldRules, field);
