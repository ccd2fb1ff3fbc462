// What clients were told, out of NDJSON that a client wrote: one answer of `POST /orders` on each line.
import { canonicalLimitPrice } from '@orders/domain/limit-price';
import type { OrderTerms } from '@orders/domain/order-types';
import { UnusableInputError } from '../failures.ts';
import { parseJson, textLines } from '../text-lines.ts';

export type Acknowledgement = {
  id: string;
  /** Only what the line states is held against what is stored. */
  terms: Partial<OrderTerms>;
  /** The account and the key under which the client sent the order; `null` when the line names no key. */
  key: string | null;
};

/**
 * Throws {@link UnusableInputError} for a line that is not an answer. A last line without its end is left out when it
 * cannot be read: whoever wrote it was stopped in the middle.
 */
export async function* readAcknowledgements(pieces: AsyncIterable<string>): AsyncGenerator<Acknowledgement> {
  try {
    for await (const { text, number, terminated } of textLines(pieces)) {
      const answer = parseJson(text);
      if (isAnswer(answer)) yield acknowledgementOf(answer);
      else if (terminated || answer !== undefined)
        throw new UnusableInputError(`line ${number} of the acknowledged orders is no JSON object with an "id"`);
    }
  } catch (error) {
    throw error instanceof RangeError
      ? new UnusableInputError(`the acknowledged orders are no NDJSON: ${error.message}`)
      : error;
  }
}

type Answer = { id: string } & Readonly<Record<string, unknown>>;

const isAnswer = (document: unknown): document is Answer =>
  typeof document === 'object' &&
  document !== null &&
  'id' in document &&
  typeof document.id === 'string' &&
  document.id !== '';

function acknowledgementOf(answer: Answer): Acknowledgement {
  const { id, type, side, instrument, limit_price, quantity, idempotency_key, account_id = null } = answer;
  const told = { type, side, instrument, limit_price: canonical(limit_price), quantity };
  const terms = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
  const key = typeof idempotency_key === 'string' ? JSON.stringify([account_id, idempotency_key]) : null;
  return { id, terms: terms as Partial<OrderTerms>, key };
}

// An answer has the price as a number, the log as a decimal with two places. What is no price equals none that is one.
function canonical(price: unknown): unknown {
  if (typeof price !== 'number' && typeof price !== 'string') return price;
  return canonicalLimitPrice(price) ?? String(price);
}
