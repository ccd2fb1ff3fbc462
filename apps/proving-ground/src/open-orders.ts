import { setTimeout as sleep } from 'node:timers/promises';

const lookEveryMs = 2_000;

/** Resolves when the API shows no open order any more, or on the signal. What cannot be told counts as open. */
export async function untilNoneIsOpen(api: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await hasOpenOrders(api))) await sleep(lookEveryMs);
}

async function hasOpenOrders(api: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(lookEveryMs);
    const response = await fetch(`${api}/orders?status=placed,submitting&limit=1`, { signal });
    const { orders } = (await response.json()) as { orders: unknown[] };
    return orders.length > 0;
  } catch {
    return true;
  }
}
