import type { CrashPoints } from '@orders/lifecycle/crash-points';
import type { Append, OrderStore } from '@orders/order-store/order-store';
import type { Exchange } from '@orders/stock-exchange/exchange';

/** What the crash matrix kills a worker before and after. */
export const workerSteps = [
  'worker.append-intent',
  'worker.place',
  'worker.query',
  'worker.append-outcome',
  'worker.complete',
] as const;
export type WorkerStep = (typeof workerSteps)[number];

type Ports = { store: OrderStore; exchange: Exchange };

export function placementWithCrashPoints(crash: CrashPoints<WorkerStep>, { store, exchange }: Ports): Ports {
  const { place, query } = exchange;
  return {
    store: { ...store, append: crash.around(stepOf, store.append) },
    exchange: {
      ...exchange,
      place: crash.around('worker.place', place),
      query: query && crash.around('worker.query', query),
    },
  };
}

const stepOf = ({ events }: Append): WorkerStep =>
  events.some(({ type }) => type === 'SubmissionStarted') ? 'worker.append-intent' : 'worker.append-outcome';
