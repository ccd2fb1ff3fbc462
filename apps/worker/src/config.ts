import {
  eventStoreSettings,
  httpAddressPattern,
  milliseconds,
  port,
  redisSettings,
  servedShardSettings,
  sharedSettings,
} from '@orders/config/settings';
import { Type } from 'typebox';

export const WorkerSettings = Type.Object({
  ...sharedSettings,
  ...eventStoreSettings,
  ...redisSettings,
  ...servedShardSettings,
  WORKER_ADMIN_PORT: port(
    'Health and metrics of the worker; further workers on one machine take the ports above.',
    9200,
  ),
  WORKER_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 250,
    description:
      'Placements that one worker has under way at once, over all shards that it serves; one for each at the least.',
  }),
  PLACEMENT_LOCK_MS: milliseconds(
    'After this time without a sign of its worker, a placement is taken over; longer than expected outages of Redis.',
    60_000,
    5_000,
  ),
  EXCHANGE_URL: Type.String({
    pattern: `^(${httpAddressPattern}|in-process)$`,
    default: 'http://127.0.0.1:8600',
    description: 'The stock exchange. in-process: the bare placeOrder(), which can neither be asked nor told twice.',
    secret: true,
    form: 'a base URL such as http://exchange:8600 or https://user:password@exchange, or in-process',
  }),
  EXCHANGE_TIMEOUT_MS: milliseconds('A call to the exchange without answer by then has an unknown outcome.', 5_000),
  EXCHANGE_ABSENCE_PROVEN_AFTER_MS: milliseconds(
    'A call is certain to have arrived, or to have been lost, by then: if the exchange has no order, there is none.',
    60_000,
  ),
  EXCHANGE_UNKNOWN_POLICY: Type.Enum(['retry', 'park'], {
    default: 'park',
    description: 'After an unknown outcome, at an exchange that cannot be asked and does not recognise repeats.',
  }),
  PLACEMENT_ATTEMPTS_MAX: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 1_000,
    description: 'Calls to the exchange that placed nothing, before the order fails.',
  }),
});
