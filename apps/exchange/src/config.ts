// The settings of the simulated exchange, one place for names, bounds and defaults.
import { port, sharedSettings } from '@orders/config/settings';
import { Type } from 'typebox';
import { latencyMsMax } from './faults.ts';

export const ExchangeConfig = Type.Object({
  ...sharedSettings,
  EXCHANGE_HOST: Type.String({ default: '127.0.0.1', description: 'Address that the exchange listens on.' }),
  EXCHANGE_PORT: port('Port of the exchange.', 8600),
  EXCHANGE_DATA: Type.String({
    default: './data/exchange',
    description: 'Folder of the ledger; one process at a time.',
  }),
  EXCHANGE_LATENCY_MS: Type.Integer({
    minimum: 0,
    maximum: latencyMsMax,
    default: 500,
    description: 'How long the exchange takes to place an order.',
  }),
  EXCHANGE_FAILURE_RATE: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.1,
    description: 'Share of the placements that fail with "Connection not available".',
  }),
});
