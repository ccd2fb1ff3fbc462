// What shows the events of orders to the outside, put together: one feed, one count of open streams and one set of
// turns at the log for all routes and their aliases.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { LoadedOrder } from '@orders/order-store/order-store';
import type { Logger } from '@orders/telemetry/logger';
import type { FastifyInstance } from 'fastify';
import { eventFeed, type FeedLimits, feedDefaults } from './feed/event-feed.ts';
import { openStreams, type StreamLimits, streamDefaults } from './feed/open-streams.ts';
import type { EventSources } from './log/event-sources.ts';
import { takeTurns } from './log/turns.ts';
import type { ApiMetrics } from './metrics.ts';
import { eventLogRoute } from './routes/event-log.ts';
import { eventStreamRoutes } from './routes/event-streams.ts';

export type EventRouteLimits = FeedLimits & StreamLimits;

type EventRoutesDeps = EventSources & {
  load: (orderId: string) => Promise<LoadedOrder>;
  metrics: ApiMetrics;
  log: Logger;
  limits: Partial<EventRouteLimits>;
};

// Pages that are read and decoded at once: placing orders shares the event loop, and the event store, with them.
const pagesAtOnce = 2;

/** To be registered once for each prefix. */
export function eventRoutes(app: FastifyInstance, deps: EventRoutesDeps): FastifyPluginAsyncTypebox {
  const limits = { ...feedDefaults, ...streamDefaults, ...deps.limits };
  const turn = takeTurns(pagesAtOnce);
  const readPage: EventSources['readPage'] = (from, eventsMax) => turn(() => deps.readPage(from, eventsMax));
  const placeBefore: EventSources['placeBefore'] = (time) => turn(() => deps.placeBefore(time));
  const feed = eventFeed({ ...deps, limits });
  const streams = openStreams(limits);
  app.addHook('preClose', async () => streams.endAll());
  app.addHook('onClose', async () => feed.stop());
  return async (scope) => {
    await scope.register(eventLogRoute({ ...deps, readPage, placeBefore }));
    await scope.register(eventStreamRoutes({ ...deps, readPage, feed, streams, limits }));
  };
}
