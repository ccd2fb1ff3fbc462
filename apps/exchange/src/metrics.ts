// The figures of the exchange. No order id is ever a label.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Ledger } from './ledger.ts';
import type { OrderDesk } from './order-desk.ts';

export type ExchangeMetrics = ReturnType<typeof exchangeMetrics>;

type ExchangeMetricsDeps = { registry: Registry; ledger: Pick<Ledger, 'size'>; desk: Pick<OrderDesk, 'underWay'> };

export function exchangeMetrics({ registry, ledger, desk }: ExchangeMetricsDeps) {
  const registers = [registry];
  new Gauge({
    name: 'exchange_ledger_entries',
    help: 'Orders that stand in the ledger.',
    registers,
    collect() {
      this.set(ledger.size());
    },
  });
  new Gauge({
    name: 'exchange_orders_in_flight',
    help: 'Placements under way.',
    registers,
    collect() {
      this.set(desk.underWay());
    },
  });
  return {
    accepted: new Counter({
      name: 'exchange_orders_accepted_total',
      help: 'Orders that were written to the ledger since the start.',
      registers,
    }),
    answered: new Counter({
      name: 'exchange_orders_answered_total',
      help: 'Ends of POST /orders by outcome, those without an answer included.',
      labelNames: ['outcome'],
      registers,
    }),
  };
}
