// The HTTP server, built from its parts. Does no I/O before it is told to listen.
import { randomUUID } from 'node:crypto';
import type { OrderQueries } from '@orders/read-model/order-queries';
import { drainConnections } from '@orders/telemetry/drain-connections';
import type { Logger } from '@orders/telemetry/logger';
import { type ObservabilityDeps, observabilityRoutes } from '@orders/telemetry/observability-routes';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  LogController,
} from 'fastify';
import { countedAppend, orderAdmission, type SheddingLimits, sheddingDefaults } from './admission.ts';
import { handleError, handleUnknownRoute } from './error-handler.ts';
import { measureEventLoopDelay } from './event-loop-delay.ts';
import { type EventRouteLimits, eventRoutes } from './event-routes.ts';
import type { EventSources } from './log/event-sources.ts';
import { type ApiMetrics, createApiMetrics, measuredAppend } from './metrics.ts';
import { registerDocumentation } from './openapi.ts';
import { orderPlacement, type PlacementDeps } from './order-placement.ts';
import { orderRedrive } from './order-redrive.ts';
import { bodyBytesMax } from './problem.ts';
import { requestIdOf } from './request-context.ts';
import { orderQueryRoutes } from './routes/order-queries.ts';
import { placeOrderRoute } from './routes/place-order.ts';
import { redriveOrderRoute } from './routes/redrive-order.ts';
import { namedSchemas } from './schemas/answers.ts';
import { sheddingServer } from './shedding-server.ts';

export type ServerDeps = PlacementDeps &
  ObservabilityDeps & {
    queries: OrderQueries;
    /** Without it, the API has no log of events to show, and no streams. */
    events?: EventSources;
    streams?: Partial<EventRouteLimits>;
    log: Logger;
    shedding?: SheddingLimits;
  };

// A request must have arrived within this time, slow senders included.
const requestTimeoutMs = 15_000;
// Longer than the longest a placement may take by its settings: a silent connection is cut after this time.
const connectionTimeoutMs = 30_000;
// Longer than the minute for which load balancers usually keep a connection, so that it is they who close it.
const keepAliveTimeoutMs = 72_000;

/** Resolves once all routes are there; `listen` or `inject` begin to serve. */
export async function buildServer(deps: ServerDeps) {
  const { append, load, queries, events, streams = {}, now, newId, log, shedding, ...operations } = deps;
  const metrics = createApiMetrics(operations.registry);
  const loopDelay = measureEventLoopDelay();
  const admission = orderAdmission(shedding ?? sheddingDefaults, {
    nowMs: () => performance.now(),
    loopDelayMs: loopDelay.delayMs,
    random: Math.random,
  });
  const serverFactory = sheddingServer({
    refusal: admission.refusal,
    onShed: (reason) => metrics.shed.inc({ reason }),
    ...{ keepAliveTimeoutMs, requestTimeoutMs, connectionTimeoutMs },
  });
  const app = createApp(log, serverFactory);
  app.addHook('onClose', async () => loopDelay.stop());
  const measured = measuredAppend(countedAppend(append, admission), metrics);
  const place = orderPlacement({ append: measured, load, now, newId });
  const redrive = orderRedrive({ append: measured, load, now, newId });

  app.setErrorHandler(handleError);
  app.setNotFoundHandler(handleUnknownRoute);
  app.addHook('onRequest', async (request, reply) => {
    echoRequestId(request, reply);
  });
  measureRequests(app, metrics);
  await registerDocumentation(app);
  for (const schema of namedSchemas) app.addSchema(schema);
  await app.register(observabilityRoutes(operations));
  const eventRoutesAt = events && eventRoutes(app, { ...events, load, metrics, log, limits: streams });
  for (const prefix of ['', '/v1']) {
    await app.register(placeOrderRoute({ place, metrics }), { prefix });
    await app.register(redriveOrderRoute({ redrive }), { prefix });
    await app.register(orderQueryRoutes({ ...queries, load, metrics }), { prefix });
    if (eventRoutesAt !== undefined) await app.register(eventRoutesAt, { prefix });
  }
  return app;
}

function createApp(log: Logger, serverFactory: FastifyServerFactory): FastifyInstance {
  const app = Fastify({
    serverFactory,
    loggerInstance: log as FastifyBaseLogger,
    // One line for each outcome is written where it is known, and none for a request that only was.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlationId' }),
    genReqId: ({ headers }) => requestIdOf(headers, randomUUID),
    bodyLimit: bodyBytesMax,
    trustProxy: false,
    forceCloseConnections: 'idle',
    // While it drains, a connection that is still open is served: a refusal would be a failure that nothing caused.
    return503OnClosing: false,
    // A path that cannot be routed runs through no hook.
    frameworkErrors: (error, request, reply) => handleError(error, request, echoRequestId(request, reply)),
    ajv: {
      customOptions: {
        // A misspelt field must not be dropped, nor "5" be taken for 5: either would place another order than was
        // meant.
        removeAdditional: false,
        coerceTypes: false,
        // One entry for each violated field; the size of the body bounds what that costs.
        allErrors: true,
        keywords: ['x-examples'],
      },
    },
  });
  drainConnections(app);
  // Orders are JSON; plain text would be "not a JSON object" where it is the wrong content type.
  app.removeContentTypeParser('text/plain');
  return app;
}

const echoRequestId = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.header('x-request-id', request.id);

function measureRequests(app: FastifyInstance, { requestDuration }: ApiMetrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    if (isOpenStream(routeOptions.config, reply.statusCode)) return;
    const labels = {
      route: routeOptions.url ?? 'unknown',
      method,
      status_class: `${Math.trunc(reply.statusCode / 100)}xx`,
    };
    requestDuration.observe(labels, reply.elapsedTime / 1_000);
  });
}

// How long a client has followed is not how long its answer took.
const isOpenStream = (config: object, statusCode: number): boolean => 'isStream' in config && statusCode === 200;
