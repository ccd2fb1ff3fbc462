import type { Config } from '@orders/config/read-config';
import {
  eventStoreSettings,
  milliseconds,
  port,
  redisSettings,
  servedShardSettings,
  sharedSettings,
} from '@orders/config/settings';
import { Type } from 'typebox';

export const ProjectorSettings = Type.Object({
  ...sharedSettings,
  ...eventStoreSettings,
  ...redisSettings,
  ...servedShardSettings,
  PROJECTOR_ADMIN_PORT: port(
    'Health and metrics of the projector; a second one on the machine takes the port above.',
    9100,
  ),
  PROJECTOR_BATCH_MAX: Type.Integer({
    minimum: 1,
    maximum: 5_000,
    default: 500,
    description: 'The most events that one commit of the read model holds.',
  }),
  PROJECTOR_BATCH_EVERY_MS: Type.Integer({
    minimum: 0,
    maximum: 1_000,
    default: 10,
    description:
      'How far apart commits of the read model are at least. An order waits so long for its job, at the most.',
  }),
  PLACEMENT_QUEUE_MAX: Type.Integer({
    minimum: 1_000,
    maximum: 10_000_000,
    default: 100_000,
    description: 'Jobs that may wait in the queue of a shard. Further open orders get theirs as these are done.',
  }),
  PROJECTOR_READY_LAG_MAX_MS: milliseconds('The projector reports itself not ready while it is further behind.', 5_000),
  SWEEP_INTERVAL_MS: milliseconds('How often open orders are compared with the queue.', 5_000),
  SWEEP_IN_DOUBT_INTERVAL_MS: milliseconds('How often the exchange is asked again about orders in doubt.', 60_000),
  SWEEP_AFTER_MS: milliseconds('How old an open order is before its job is looked for.', 15_000),
});

export type ProjectorConfig = Config<typeof ProjectorSettings>;
