// An event store with orders that went every way there is, and a folder for exports of it. The histories come from a
// seed, so that a failure can be seen again.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { OrderEvent } from '@orders/domain/order-types';
import { startTestEventStore } from '@orders/test-kit/event-store';
import { orders } from './command-line.ts';

export type ExportFixture = Awaited<ReturnType<typeof startExportFixture>>;

export async function startExportFixture() {
  const store = await startTestEventStore();
  const client = EventStoreDBClient.connectionString(store.url);
  const root = await mkdtemp(join(tmpdir(), 'orders-export-'));
  const metadata = { $correlationId: 'c-1', $causationId: 'c-2', schema_version: 1 };
  const append = async (orderId: string, ...events: OrderEvent[]) => {
    const encoded = events.map(({ type, data }) => jsonEvent({ type, data, metadata }));
    await client.appendToStream(`order-${orderId}`, encoded);
  };
  return {
    store,
    client,
    root,
    append,
    /** Their events take turns in the log, as they do where many orders are under way. */
    appendTogether: async (histories: readonly OrderEvent[][]) => {
      const longest = Math.max(...histories.map(({ length }) => length));
      for (let turn = 0; turn < longest; turn += 1)
        for (const { [turn]: event } of histories) if (event !== undefined) await append(event.data.order_id, event);
    },
    run: (command: string, ...args: string[]) => orders([command, ...args, '--eventstore', store.url]),
    stop: async () => {
      await client.dispose();
      await store.stop();
      await rm(root, { recursive: true });
    },
  };
}

/** What lies in a folder, by its path, as hashes: all that the export says is data. */
export async function dataFilesIn(folder: string): Promise<Record<string, string>> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => /^(events|orders)\//.test(path)).sort();
  const hash = async (path: string) =>
    createHash('sha256')
      .update(await readFile(join(folder, path)))
      .digest('hex');
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await hash(path)] as const)));
}

const reasons = ['trading is halted', 'no connection', '</script><b>"quoted", and\nmore</b>', 'ü€😀', ''];
const instruments = ['DE0007164600', 'US0378331005', 'XX"\',;<&>  12'];
const prices = ['9999999999999.99', '0.01', '120.50', null];

/** A generator of numbers below 1 (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Some of them end, some do not, some go round again. */
export function randomHistory(order_id: string, random: () => number): OrderEvent[] {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  let at = Date.parse('2026-01-02T03:00:00.000Z') + Math.floor(random() * 7_200_000);
  const later = () => {
    at += Math.floor(random() * 3_000);
    return new Date(at).toISOString();
  };
  const limit_price = pick(prices);
  const terms = {
    side: pick(['buy', 'sell'] as const),
    instrument: pick(instruments),
    quantity: 1 + pick([0, 4, 998]),
  };
  const type = limit_price === null ? 'market' : 'limit';
  const placed = { order_id, account_id: pick(['default', 'a-2']), placed_at: later(), type, limit_price, ...terms };
  const events: OrderEvent[] = [{ type: 'OrderPlaced', data: placed as never }];
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    if (random() < 0.1) break;
    events.push({ type: 'SubmissionStarted', data: { order_id, attempt, started_at: later() } });
    const [end, reason] = [random(), pick(reasons)];
    if (end < 0.5) {
      const answer = { exchange_order_id: `x-${order_id}`, attempts: attempt, submitted_at: later() };
      events.push({ type: 'OrderSubmitted', data: { order_id, ...answer, evidence: 'response' } });
      break;
    }
    if (end < 0.65) events.push({ type: 'SubmissionAttemptFailed', data: { order_id, attempt, reason } });
    else if (end < 0.7)
      events.push({ type: 'SubmissionAttemptFailed', data: { order_id, attempt, reason, during_outage: true } });
    else if (end < 0.9) {
      const failed =
        end < 0.8
          ? { code: 'refused_by_exchange' as const, attempts: attempt, failed_at: later() }
          : { code: 'attempts_exhausted' as const, attempts: attempt, failed_at: later() };
      events.push({ type: 'OrderFailed', data: { order_id, reason, ...failed } });
      if (random() < 0.5) break;
      events.push({ type: 'RedriveRequested', data: { order_id, by: 'anna', reason, requested_at: later() } });
    } else if (end < 0.95) {
      events.push({ type: 'OrderInDoubt', data: { order_id, attempt, reason, in_doubt_since: later() } });
      break;
    }
  }
  return events;
}
