// Clients that post orders for as long as something goes on, and remember what they were told. Every second one is
// careful: it sends an order under a key, and again until it is answered 201; the others send each order once.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { anOrder, post } from '../order-client.ts';

const clients = 12;
const pauseMs = 100;

export type Load = {
  /** The ids of the orders that were answered 201. */
  acknowledged: string[];
  /** Under which key an order was sent. */
  keys: Map<string, { id: string; n: number }>;
  /** How often careful clients, and the others, got which status; `none` where the connection broke. */
  statuses: { keyed: Map<string, number>; single: Map<string, number> };
};

const count = (counts: Map<string, number>, status: string) => counts.set(status, (counts.get(status) ?? 0) + 1);

/** Resolves once the work is done and every careful client has its last answer. Rejects if the work does. */
export async function postWhile(api: string, work: () => Promise<void>): Promise<Load> {
  const load: Load = { acknowledged: [], keys: new Map(), statuses: { keyed: new Map(), single: new Map() } };
  let done = false;
  let failed = false;
  let next = 0;

  async function send(n: number, key?: string): Promise<string | null> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    const response = await post(api, anOrder(n), headers).catch(() => null);
    count(key === undefined ? load.statuses.single : load.statuses.keyed, String(response?.status ?? 'none'));
    const body = await response?.json().catch(() => null);
    return response?.status === 201 ? ((body as { id: string } | null)?.id ?? null) : null;
  }
  async function client(careful: boolean) {
    while (!done) {
      const n = next++;
      const key = careful ? randomUUID() : undefined;
      let id = await send(n, key);
      while (id === null && key !== undefined && !failed) {
        await sleep(pauseMs);
        id = await send(n, key);
      }
      if (id !== null) load.acknowledged.push(id);
      if (id !== null && key !== undefined) load.keys.set(key, { id, n });
      await sleep(pauseMs);
    }
  }
  const posting = Promise.all(Array.from({ length: clients }, (_, index) => client(index % 2 === 0)));
  try {
    await work();
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    done = true;
  }
  await posting;
  return load;
}
