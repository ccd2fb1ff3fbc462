// Server-sent events: every order event, or those of one order, as they happen. The id of each is its position in the
// log, so that a client that was cut off goes on, at this process or another, without gap or repeat.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { NoSuchPositionError } from '@orders/order-store/log-page';
import type { LoadedOrder } from '@orders/order-store/order-store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventFeed } from '../feed/event-feed.ts';
import { eventStream } from '../feed/event-stream.ts';
import { eventStreamMediaType } from '../feed/event-stream-text.ts';
import { followLog } from '../feed/follow-log.ts';
import { followOrder } from '../feed/follow-order.ts';
import type { OpenStreams, StreamLimits } from '../feed/open-streams.ts';
import type { Chunk } from '../feed/recent-events.ts';
import { brokenRule } from '../field-errors.ts';
import { readPlace, typedEventQuery } from '../log/event-query.ts';
import { type EventSources, logStart, type Place } from '../log/event-sources.ts';
import type { ApiMetrics, StreamName } from '../metrics.ts';
import { ProblemError, problems, validationFailed } from '../problem.ts';
import { LogStreamQuery, OrderStreamQuery, StreamHeaders } from '../schemas/event-requests.ts';
import { eventRules } from '../schemas/event-rules.ts';
import { eventStreamExamples, invalidLastEventId } from '../schemas/examples.ts';
import { OrderParams } from '../schemas/requests.ts';
import { problemResponse, textResponse } from '../schemas/responses.ts';
import { streamedAnswer } from '../streamed-answer.ts';
import { refuseInvalid } from './event-log.ts';

export type EventStreamRoutesDeps = Pick<EventSources, 'readPage' | 'readEnd'> & {
  feed: Pick<EventFeed, 'listen' | 'recent'>;
  load: (orderId: string) => Promise<LoadedOrder>;
  streams: OpenStreams;
  limits: StreamLimits;
  metrics: Pick<ApiMetrics, 'openStreams' | 'streamedEvents' | 'streamLogReads'>;
};

const goesOn =
  'Each event has its position in the log as `id`, its type as `event`, and as `data` what `GET /events` shows of it. ' +
  'Whoever was cut off sends the id of the last event as `Last-Event-ID`, as browsers do, and gets what came after it. ' +
  'While there is nothing to send, the stream shows every few seconds that it is alive; while the event store is ' +
  'away, it stays open and goes on afterwards.';

const responses = {
  200: textResponse('Events, for as long as the client stays.', eventStreamMediaType, eventStreamExamples),
  422: problemResponse(invalidLastEventId),
  500: problemResponse(problems.internalError),
  503: problemResponse(problems.eventsUnavailable, problems.tooManyStreams),
};

export const eventStreamRoutes =
  (deps: EventStreamRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const shared = { tags: ['orders'], hide: app.prefix !== '', headers: StreamHeaders };
    const options = { config: { isStream: true }, attachValidation: true };

    const logSchema = {
      operationId: 'streamEvents',
      summary: 'Follow all orders',
      description: `Begins with what happens next, unless told from where. ${goesOn}`,
      ...{ ...shared, querystring: LogStreamQuery, response: responses },
    };
    app.get('/orders/stream', {
      ...options,
      schema: logSchema,
      preValidation: async (request) => {
        request.query = typedEventQuery(request.query) as typeof request.query;
      },
      handler: async (request, reply) => {
        refuseInvalid(request);
        const { type, last_event_id } = request.query;
        const wanted = type === undefined ? null : new Set(type);
        const received = await receivedUpTo(request, last_event_id, deps);
        const from = received ?? (await endOfLog(deps));
        const onLogRead = () => deps.metrics.streamLogReads.inc({ stream: 'log' });
        return sendStream(deps, reply, {
          name: 'log',
          startsAfter: from,
          follow: (signal) => followLog({ ...deps, onLogRead }, { from, wanted }, signal),
        });
      },
    });

    const orderSchema = {
      operationId: 'streamOrderEvents',
      summary: 'Follow one order',
      description: `Begins with the first event of the order, unless told from where. ${goesOn}`,
      ...{ ...shared, params: OrderParams, querystring: OrderStreamQuery },
      response: { ...responses, 404: problemResponse(problems.orderNotFound) },
    };
    app.get('/orders/:id/stream', { ...options, schema: orderSchema }, async (request, reply) => {
      refuseInvalid(request);
      const orderId = request.params.id.toLowerCase();
      const after = await receivedUpTo(request, request.query.last_event_id, deps);
      await refuseUnknownOrder(deps, orderId, after);
      const onStreamRead = () => deps.metrics.streamLogReads.inc({ stream: 'order' });
      return sendStream(deps, reply, {
        name: 'order',
        startsAfter: null,
        follow: (signal) => followOrder({ ...deps, onStreamRead }, { orderId, after }, signal),
      });
    });
  };

type Following = {
  name: StreamName;
  startsAfter: Place | null;
  follow: (signal: AbortSignal) => AsyncGenerator<Chunk, void, void>;
};

function sendStream({ streams, limits, metrics }: EventStreamRoutesDeps, reply: FastifyReply, following: Following) {
  const { name, startsAfter, follow } = following;
  // When it ends, its connection is of no further use: during a shutdown, none may be left over.
  reply.type(eventStreamMediaType).headers({
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'close',
  });
  if (reply.request.method === 'HEAD') return reply.send();
  const stream = streams.open(reply.raw);
  if (stream === 'full') throw new ProblemError(problems.tooManyStreams);
  if (stream === 'over') {
    // An answer that is no stream would keep a browser from ever coming back; a connection that breaks brings it back.
    reply.hijack();
    reply.raw.destroy();
    return reply;
  }
  metrics.openStreams.inc({ stream: name });
  stream.signal.addEventListener('abort', () => metrics.openStreams.dec({ stream: name }), { once: true });
  const onSent = (events: number) => metrics.streamedEvents.inc({ stream: name }, events);
  const source = follow(stream.signal);
  return reply.send(streamedAnswer(eventStream({ source, startsAfter, stream, limits, onSent }), reply));
}

/**
 * Where the client says it is, in the header or else in the query; `null` when it says nothing. What cannot be checked,
 * because the event store is away, is taken for true: to turn a browser away would be for ever.
 */
async function receivedUpTo(
  { headers }: Pick<FastifyRequest, 'headers'>,
  inQuery: string | undefined,
  { feed, readPage }: Pick<EventStreamRoutesDeps, 'feed' | 'readPage'>,
): Promise<Place | null> {
  const inHeader = headers['last-event-id'];
  const text = inHeader ?? inQuery;
  if (text === undefined) return null;
  const field = inHeader === undefined ? 'last_event_id' : 'Last-Event-ID';
  const place = /^\d{1,20}$/.test(String(text)) ? readPlace(String(text)) : 'beyond';
  if (place === 'beyond') throw notAPlace(field);
  const recent = feed.recent();
  const isKnown = place === logStart || (recent !== null && place >= recent.floor() && place <= recent.end());
  if (isKnown) return place;
  await readPage(place, 1).catch((error: unknown) => {
    if (error instanceof NoSuchPositionError) throw notAPlace(field, error);
  });
  return place;
}

function notAPlace(field: 'last_event_id' | 'Last-Event-ID', cause?: unknown): ProblemError {
  const part = field === 'Last-Event-ID' ? 'headers' : 'querystring';
  return new ProblemError(validationFailed(new Map([[field, brokenRule(part, field, eventRules[field])]])), { cause });
}

async function endOfLog({ feed, readEnd }: Pick<EventStreamRoutesDeps, 'feed' | 'readEnd'>): Promise<Place> {
  return readEnd().catch((cause: unknown) => {
    const known = feed.recent();
    if (known !== null) return known.end();
    throw new ProblemError(problems.eventsUnavailable, { cause });
  });
}

/** Whoever has received an event of it knows that it is there, even while the event store is not. */
async function refuseUnknownOrder({ load }: EventStreamRoutesDeps, orderId: string, after: Place | null) {
  const loaded = await load(orderId).catch((cause: unknown) => {
    if (after === null) throw new ProblemError(problems.eventsUnavailable, { cause });
    return null;
  });
  if (loaded !== null && loaded.history.length === 0) throw new ProblemError(problems.orderNotFound);
}
