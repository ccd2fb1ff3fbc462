// Looks after what the queue forgot: for each open order of some age, is there a job that will work on it? The queue is
// forgetful by design, and this is what makes its losses delays instead of broken promises. Orders in doubt are looked
// after in the same way, more rarely: their job asks the exchange again, where that can be asked.
import type { PlacementRequest, Requeued } from '@orders/placement-queue/placement-queue';
import type { OrderView } from '@orders/read-model/order-view';

export type SweeperDeps = {
  /** Orders of which somebody should hear again, oldest first, in pages. */
  orders: () => AsyncGenerator<OrderView[], void, void>;
  ensureQueued: (request: PlacementRequest) => Promise<Requeued>;
  onSwept: (result: Requeued) => void;
};

// A pass looks at this many orders at the most, and the next one goes on from there: a large backlog costs time, not
// load. Only while most of what it looks at lacks a job, as after an overflow of the queue, it goes on further.
const ordersPerPass = 2_000;
const ordersPerPassMax = 20_000;
const parallelLooks = 50;

/** Each call is one pass, and resolves to how many orders it looked at. */
export function createSweeper({ orders, ensureQueued, onSwept }: SweeperDeps) {
  let pages: AsyncGenerator<OrderView[], void, void> | null = null;
  let page: OrderView[] = [];

  async function pass(): Promise<number> {
    let looked = 0;
    let added = 0;
    while (looked < ordersPerPass || (added > looked / 2 && looked < ordersPerPassMax)) {
      pages ??= orders();
      if (page.length === 0) page = (await pages.next()).value ?? [];
      if (page.length === 0) {
        pages = null;
        return looked;
      }
      const requests = page.slice(0, parallelLooks).map(({ id, redrives }) => ({ orderId: id, redrives }));
      const results = await Promise.all(requests.map(ensureQueued));
      for (const result of results) onSwept(result);
      // The same orders are looked at again by the next pass: those before them have their jobs.
      if (results.includes('full')) return looked;
      page = page.slice(requests.length);
      looked += requests.length;
      added += results.filter((result) => result === 'added').length;
    }
    return looked;
  }

  return async function sweep(): Promise<number> {
    try {
      return await pass();
    } catch (error) {
      // A generator that threw has ended: the next pass begins anew.
      pages = null;
      page = [];
      throw error;
    }
  };
}
