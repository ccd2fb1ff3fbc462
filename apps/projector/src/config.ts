import { eventStoreSettings, milliseconds, port, redisSettings, sharedSettings } from '@orders/config/settings';
import { Type } from 'typebox';

export const ProjectorSettings = Type.Object({
  ...sharedSettings,
  ...eventStoreSettings,
  ...redisSettings,
  PROJECTOR_ADMIN_PORT: port('Health and metrics of the projector.', 9100),
  PROJECTOR_BATCH_MAX: Type.Integer({
    minimum: 1,
    maximum: 5_000,
    default: 500,
    description: 'The most events that one commit of the read model holds.',
  }),
  PROJECTOR_READY_LAG_MAX_MS: milliseconds('The projector reports itself not ready while it is further behind.', 5_000),
  SWEEP_INTERVAL_MS: milliseconds('How often open orders are compared with the queue.', 5_000),
  SWEEP_AFTER_MS: milliseconds('How old an open order is before its job is looked for.', 15_000),
});
