// One kind of load for all benches: orders posted as fast as 64 connections go, or at a steady rate.
import autocannon from 'autocannon';

export type LoadFigures = { perSecond: number; p50Ms: number; p99Ms: number };

type OrderLoad = {
  /** Base address of the API. */
  api: string;
  seconds: number;
  connections: number;
  /** Orders a second over all connections; as many as they take when absent. */
  rate?: number;
};

const order = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: 120.5, quantity: 5 };

/** Rejects when any answer is not a 201, or does not come: such figures would say nothing. */
export async function postOrders({ api, seconds, connections, rate }: OrderLoad): Promise<LoadFigures> {
  const { requests, latency, non2xx, errors } = await autocannon({
    url: `${api}/orders`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
    connections,
    duration: seconds,
    ...(rate === undefined ? {} : { overallRate: rate }),
  });
  if (non2xx + errors > 0) throw new Error(`${non2xx} answers other than 2xx, ${errors} errors`);
  return { perSecond: requests.average, p50Ms: latency.p50, p99Ms: latency.p99 };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The median round of each figure, and how far the rounds lie apart. */
export function summarize(rounds: readonly LoadFigures[]) {
  const rates = rounds.map(({ perSecond }) => perSecond);
  return {
    perSecond: median(rates),
    spread: `${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)}`,
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
  };
}
