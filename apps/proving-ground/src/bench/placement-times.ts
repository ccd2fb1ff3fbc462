// When an order was answered with 201, when its submission began, and when it stood at the exchange: three accounts by
// three processes on one machine, whose clocks are one. The latter two are whole milliseconds, cut off.
import { createReadStream } from 'node:fs';
import { textLines } from '@orders/cli/text-lines';
import { openEventStore } from '@orders/order-store/open-event-store';
import { readOrderLog } from '@orders/order-store/read-log';
import { readLogEnd } from '@orders/order-store/store-identity';

/** Milliseconds since 1970, by order id. */
export type Times = ReadonlyMap<string, number>;

/** The answers that the load generator noted with their time. */
export async function answerTimes(acknowledgedFile: string): Promise<Times> {
  const times = new Map<string, number>();
  for await (const { text } of textLines(createReadStream(acknowledgedFile, 'utf8'))) {
    const { id, at_ms }: { id: string; at_ms?: number } = JSON.parse(text);
    if (at_ms !== undefined) times.set(id, at_ms);
  }
  return times;
}

/** When the exchange entered them in its ledger, which is before it synced the ledger, and before it answered. */
export async function acceptanceTimes(exchangeUrl: string): Promise<Times> {
  const times = new Map<string, number>();
  const { body } = await fetch(`${exchangeUrl}/ledger`);
  for await (const { text } of textLines(body?.pipeThrough(new TextDecoderStream()) ?? noText())) {
    const { client_order_id, accepted_at }: { client_order_id: string; accepted_at: string } = JSON.parse(text);
    times.set(client_order_id, Date.parse(accepted_at));
  }
  return times;
}

/** When the worker decided on the first attempt, which is before it wrote that down, and before it called. */
export async function submissionTimes(eventStoreUrl: string): Promise<Times> {
  const times = new Map<string, number>();
  const log = { warn: () => undefined };
  const connection = openEventStore({ url: eventStoreUrl, log, onStop: () => undefined });
  try {
    const client = connection.client();
    const to = await readLogEnd(client);
    if (to === null) return times;
    for await (const { events } of readOrderLog({ client, from: null, to })) {
      for (const { event, orderId } of events) {
        if (event.type === 'SubmissionStarted' && !times.has(orderId))
          times.set(orderId, Date.parse(event.data.started_at));
      }
    }
    return times;
  } finally {
    await connection.close();
  }
}

/**
 * Milliseconds from the answer to the later time, of every order that was answered in the period; what came before the
 * answer counts as 0. Throws when one has no later time.
 */
export function delaysMs(answered: Times, later: Times, period: { fromMs: number; toMs: number }): number[] {
  const delays: number[] = [];
  for (const [id, answeredMs] of answered) {
    if (answeredMs < period.fromMs || answeredMs >= period.toMs) continue;
    const laterMs = later.get(id);
    if (laterMs === undefined) throw new Error(`order ${id} was never placed`);
    delays.push(Math.max(0, laterMs - answeredMs));
  }
  return delays;
}

async function* noText(): AsyncGenerator<string> {
  yield* [];
}
