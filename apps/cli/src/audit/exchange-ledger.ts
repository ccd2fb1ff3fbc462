// The ledger of the exchange as it is at the time of the request, read as it arrives. A ledger that breaks off is none:
// an audit of half of it would call orders lost that are not.
import { canonicalLimitPrice } from '@orders/domain/limit-price';
import { AcceptedOrder } from '@orders/stock-exchange/exchange-protocol';
import { Compile } from 'typebox/compile';
import { UnreachableError } from '../failures.ts';
import { type HttpAddress, httpAddress } from '../http-address.ts';
import { parseJson, textLines } from '../text-lines.ts';
import type { Placement } from './judge-order.ts';

export type LedgerLine = { clientOrderId: string; placement: Placement };

const silenceMsMax = 30_000;

const accepted = Compile(AcceptedOrder);

/** Throws {@link UnreachableError} for whatever is not a whole ledger, and when nothing comes for 30 s. */
export async function* readLedger(exchangeUrl: string): AsyncGenerator<LedgerLine> {
  const address = httpAddress(exchangeUrl);
  try {
    for await (const { text, number } of textLines(ledgerText(address))) {
      const entry = parseJson(text);
      if (!accepted.Check(entry)) throw new Error(`line ${number} of its ledger is no entry: ${text.slice(0, 60)}`);
      const { client_order_id: clientOrderId, exchange_order_id, type, side, instrument, quantity } = entry;
      const limit_price = entry.limit_price && (canonicalLimitPrice(entry.limit_price) ?? entry.limit_price);
      const terms = { type, side, instrument, limit_price, quantity } as Placement['terms'];
      yield { clientOrderId, placement: { exchange_order_id, terms } };
    }
  } catch (error) {
    throw new UnreachableError(`the ledger of the exchange at ${address.base}`, error);
  }
}

async function* ledgerText({ base, headers }: HttpAddress): AsyncGenerator<string> {
  const url = `${base}/ledger`;
  const silence = new AbortController();
  const giveUp = () => silence.abort(new Error(`it sent nothing for ${silenceMsMax / 1_000} s`));
  const timer = setTimeout(giveUp, silenceMsMax);
  try {
    const answer = await fetch(url, { headers, signal: silence.signal });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw new Error(`it answers ${answer.status} to GET ${url}`);
    }
    for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      yield piece;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
    // Lets go of a connection over which more would come.
    silence.abort();
  }
}
