// The settings of the API, one place for names, bounds and defaults.
import type { Config } from '@orders/config/read-config';
import { eventStoreSettings, port, redisSettings, sharedSettings } from '@orders/config/settings';
import { Type } from 'typebox';
import { sheddingDefaults } from './admission.ts';
import { streamDefaults } from './feed/open-streams.ts';

// A placement waits for one append and, if the key was used before, one read: both must fit, with room to spare, into
// the time after which the server gives up on a silent connection.
const appendBudgetMsMax = 10_000;
// Well within the time after which a silent connection is cut.
const heartbeatMsMax = 20_000;

export const ApiConfig = Type.Object({
  ...sharedSettings,
  ...eventStoreSettings,
  ...redisSettings,
  HTTP_HOST: Type.String({ default: '0.0.0.0', description: 'Address that the API listens on.' }),
  HTTP_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: 'Port of the API. Unset: 8000 in development, 80 in production.',
    }),
  ),
  API_REUSE_PORT: Type.Enum(['true', 'false'], {
    default: 'false',
    description: 'Whether several API processes share the port (SO_REUSEPORT).',
  }),
  API_ADMIN_PORT: port(
    'Port for health and metrics of this one process, needed when the API port is shared; 0: none.',
    0,
  ),
  API_APPEND_BUDGET_MS: Type.Integer({
    minimum: 1,
    maximum: appendBudgetMsMax,
    default: 4_000,
    description: 'How long a POST waits for the event store, all tries together.',
  }),
  API_APPEND_TRY_TIMEOUT_MS: Type.Integer({
    minimum: 1,
    maximum: appendBudgetMsMax,
    default: 1_500,
    description: 'How long a POST waits for the event store before it sends the same append again.',
  }),
  API_SHED_WAIT_MS: Type.Integer({
    minimum: 1,
    maximum: appendBudgetMsMax,
    default: sheddingDefaults.waitMs,
    description:
      'A POST that would wait longer than this for its append is refused with 503; some are from half of it.',
  }),
  API_SHED_LOOP_DELAY_MS: Type.Integer({
    minimum: 1,
    maximum: appendBudgetMsMax,
    default: sheddingDefaults.loopDelayMs,
    description: 'So is every POST while the event loop of the API is later than this; some are from half of it.',
  }),
  API_SHED_APPENDS_MAX: Type.Integer({
    minimum: 1,
    maximum: 8_192,
    default: sheddingDefaults.appendsMax,
    description: 'And every POST while this many wait for the event store, however fast it is.',
  }),
  API_STREAMS_MAX: Type.Integer({
    minimum: 0,
    maximum: 20_000,
    default: streamDefaults.streamsMax,
    description: 'Event streams (SSE) that one API process has open at once; a further one is refused with 503.',
  }),
  API_STREAM_HEARTBEAT_MS: Type.Integer({
    minimum: 10,
    maximum: heartbeatMsMax,
    default: streamDefaults.heartbeatMs,
    description: 'After this time without an event, an open stream shows that it is alive.',
  }),
});

const defaultPorts = { development: 8_000, production: 80 };

export const httpPort = ({ HTTP_PORT, ENVIRONMENT }: Pick<Config<typeof ApiConfig>, 'HTTP_PORT' | 'ENVIRONMENT'>) =>
  HTTP_PORT ?? defaultPorts[ENVIRONMENT];
