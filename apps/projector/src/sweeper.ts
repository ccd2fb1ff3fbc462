// Looks after what the queue forgot: for each open order of some age, is there a job that will work on it? The queue is
// forgetful by design, and this is what makes its losses delays instead of broken promises.
import type { PlacementRequest, Requeued } from '@orders/placement-queue/placement-queue';
import type { OrderView } from '@orders/read-model/order-view';

export type SweeperDeps = {
  /** Open orders that were placed before a time (milliseconds since 1970), oldest first, in pages. */
  openOrders: (placedBeforeMs: number) => AsyncGenerator<OrderView[], void, void>;
  ensureQueued: (request: PlacementRequest) => Promise<Requeued>;
  nowMs: () => number;
  onSwept: (result: Requeued) => void;
};

// A pass looks at this many orders at the most, and the next one goes on from there: a large backlog costs time, not
// load.
const ordersPerPassMax = 2_000;
const parallelLooks = 50;

/** Each call is one pass, and resolves to how many orders it looked at. */
export function createSweeper({ openOrders, ensureQueued, nowMs, onSwept }: SweeperDeps, sweepAfterMs: number) {
  let pages: AsyncGenerator<OrderView[], void, void> | null = null;

  return async function sweep(): Promise<number> {
    pages ??= openOrders(nowMs() - sweepAfterMs);
    let looked = 0;
    try {
      while (looked < ordersPerPassMax) {
        const { value: page } = await pages.next();
        if (page === undefined) {
          pages = null;
          break;
        }
        for (let start = 0; start < page.length; start += parallelLooks) {
          const requests = page
            .slice(start, start + parallelLooks)
            .map(({ id, redrives }) => ({ orderId: id, redrives }));
          for (const result of await Promise.all(requests.map(ensureQueued))) onSwept(result);
        }
        looked += page.length;
      }
    } catch (error) {
      // A generator that threw has ended: the next pass begins anew.
      pages = null;
      throw error;
    }
    return looked;
  };
}
