// The settings of the embedded event store.
import { port, sharedSettings } from '@orders/config/settings';
import { Type } from 'typebox';

/** All that a look at the data takes. */
export const DataSettings = Type.Object({
  EVENT_STORE_DATA: Type.String({
    default: './data/event-store',
    description: 'The folder that holds the events. One process at a time.',
  }),
});

export const EventStoreSettings = Type.Object({
  ...sharedSettings,
  EVENT_STORE_HOST: Type.String({
    default: '127.0.0.1',
    description: 'The address that the embedded event store listens on. It has no authentication: keep it private.',
  }),
  EVENT_STORE_PORT: port('The port of the embedded event store: gRPC, health and metrics.', 2113),
  ...DataSettings.properties,
});
