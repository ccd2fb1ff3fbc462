// Orders as fast as some connections take them: each posts the next as soon as it has its answer. The times are those
// of the single answers, because the generator's own summary knows only whole milliseconds and whole seconds.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import autocannon from 'autocannon';
import { percentile } from '../figures.ts';
import type { Round } from './round.ts';

/** When to end: after a time, or after so many orders. */
export type LoadEnd = { seconds: number } | { orders: number };

type OrderLoad = {
  /** Base address of the API. */
  api: string;
  connections: number;
  until: LoadEnd;
  /** The id of every 201 is appended, one JSON object a line; `null` where nothing is promised. */
  acknowledgedFile: string | null;
};

const order = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: 120.5, quantity: 5 };
// How often the generator looks whether it is time to end.
const lookEveryMs = 50;

const idMark = '"id":"';
const idLength = 36;

/** Rejects when any answer is not a 201, or does not come: such figures would say nothing. */
export async function postOrders({ api, connections, until, acknowledgedFile }: OrderLoad): Promise<Required<Round>> {
  const acknowledged = acknowledgedFile === null ? null : createWriteStream(acknowledgedFile, { flags: 'a' });
  const latenciesMs: number[] = [];
  let promises = 0;
  let lastAnswerMs = 0;

  function keepPromise(answer: Buffer) {
    const start = answer.indexOf(idMark);
    if (start < 0) return;
    const id = answer.toString('latin1', start + idMark.length, start + idMark.length + idLength);
    acknowledged?.write(`{"id":"${id}"}\n`);
    promises += 1;
  }

  const startMs = performance.now();
  const { non2xx, errors } = await autocannon({
    url: `${api}/orders`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
    connections,
    sampleInt: lookEveryMs,
    setupClient(client) {
      client.on('body', keepPromise);
      client.on('response', (_status, _bytes, latencyMs) => {
        latenciesMs.push(latencyMs);
        lastAnswerMs = performance.now();
      });
    },
    ...('seconds' in until ? { duration: until.seconds } : { amount: until.orders }),
  });
  if (acknowledged !== null) {
    acknowledged.end();
    await once(acknowledged, 'close');
  }
  const count = latenciesMs.length;
  if (non2xx + errors > 0) throw new Error(`${non2xx} answers other than 2xx, ${errors} errors`);
  // An answer that came in pieces could hide its id, and then the audit would not ask for its order.
  if (promises !== count) throw new Error(`${count} answers, ${promises} of them with the id of an order`);
  return {
    count,
    seconds: (lastAnswerMs - startMs) / 1_000,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  };
}
