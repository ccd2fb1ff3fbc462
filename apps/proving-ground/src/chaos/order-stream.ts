// The clients: orders at a steady rate, whatever becomes of the answers. Half of them carry a key and are repeated
// until they are answered with 201, some of those as twins at the same moment; the others are sent once. What was
// promised is written down for the audit, and what may never happen to a client is noted.
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../seeded-random.ts';

export type OrderStream = {
  /** Ends the new orders; resolves once those with a key were answered, or `giveUp` is aborted. */
  finish: (giveUp: AbortSignal) => Promise<void>;
  answers: () => Readonly<Record<string, number>>;
  complaints: readonly string[];
};

type OrderStreamOptions = { api: string; ordersPerSecond: number; random: Random; acknowledgedFile: string };

const answerWithinMs = 10_000;
const pauseMs = 250;
// What the contract has for a request that is as it should be.
const expectedStatuses = new Set([201, 500, 503]);

export function startOrderStream(options: OrderStreamOptions): OrderStream {
  const { api, ordersPerSecond, random, acknowledgedFile } = options;
  const acknowledged = createWriteStream(acknowledgedFile);
  const answers: Record<string, number> = {};
  const complaints: string[] = [];
  const underWay = new Set<Promise<unknown>>();
  let finishing = false;
  let gaveUp = false;

  async function postOnce(body: object, key: string | undefined): Promise<string | null> {
    const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) };
    const signal = AbortSignal.timeout(answerWithinMs);
    try {
      const response = await fetch(`${api}/orders`, { method: 'POST', headers, body: JSON.stringify(body), signal });
      answers[response.status] = (answers[response.status] ?? 0) + 1;
      const text = await response.text();
      if (!expectedStatuses.has(response.status)) complaints.push(`POST /orders answered ${response.status}: ${text}`);
      if (response.status !== 201) return null;
      const order = JSON.parse(text) as { id: string };
      acknowledged.write(`${JSON.stringify({ ...order, ...(key && { idempotency_key: key }) })}\n`);
      return order.id;
    } catch {
      answers['no answer'] = (answers['no answer'] ?? 0) + 1;
      return null;
    }
  }

  async function readBack(id: string): Promise<void> {
    const response = await fetch(`${api}/orders/${id}`, { signal: AbortSignal.timeout(answerWithinMs) }).catch(
      () => null,
    );
    await response?.text().catch(() => undefined);
    if (response?.status === 404) complaints.push(`GET /orders/${id} answered 404 after the order was acknowledged`);
  }

  async function order(body: object, kind: 'once' | 'keyed' | 'twins', readsBack: boolean): Promise<void> {
    if (kind === 'once') {
      const id = await postOnce(body, undefined);
      if (id !== null && readsBack) await readBack(id);
      return;
    }
    const key = randomUUID();
    const untilKnown = async () => {
      while (!gaveUp) {
        const id = await postOnce(body, key);
        if (id !== null) return readsBack ? readBack(id) : undefined;
        await sleep(pauseMs);
      }
    };
    await Promise.all(kind === 'twins' ? [untilKnown(), untilKnown(), untilKnown()] : [untilKnown()]);
  }

  const kinds = ['once', 'once', 'once', 'keyed', 'keyed', 'twins'] as const;
  const running = (async () => {
    const begun = performance.now();
    for (let n = 0; !finishing; n += 1) {
      await sleep(Math.max(0, begun + (1_000 * n) / ordersPerSecond - performance.now()));
      const kind = kinds[random.below(kinds.length)] ?? 'once';
      const done = order(orderBody(random), kind, random.chance(0.1)).finally(() => underWay.delete(done));
      underWay.add(done);
    }
  })();

  return {
    answers: () => answers,
    complaints,
    async finish(giveUp) {
      finishing = true;
      giveUp.addEventListener('abort', () => {
        gaveUp = true;
      });
      await running;
      await Promise.all(underWay);
      await new Promise<void>((resolve) => acknowledged.end(resolve));
      if (gaveUp) complaints.push('orders with a key were not answered with 201 in time');
    },
  };
}

function orderBody(random: Random): object {
  const base = {
    side: random.chance(0.5) ? 'buy' : 'sell',
    instrument: random.chance(0.5) ? 'DE0007164600' : 'US0378331005',
    quantity: 1 + random.below(100),
  };
  return random.chance(0.5)
    ? { type: 'market', ...base }
    : { type: 'limit', ...base, limit_price: (1 + random.below(100_000)) / 100 };
}
