// The exchange as one Fastify instance over a ledger. It reads no environment and opens nothing, so that tests build it
// as main.ts does and decide themselves whether it listens.

import { drainConnections } from '@orders/telemetry/drain-connections';
import { observabilityRoutes } from '@orders/telemetry/observability-routes';
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { Registry } from 'prom-client';
import { faultRoutes } from './fault-routes.ts';
import { faultControl, type StartUpFaults } from './faults.ts';
import type { Ledger } from './ledger.ts';
import { ledgerRoutes } from './ledger-routes.ts';
import { exchangeMetrics } from './metrics.ts';
import { orderDesk } from './order-desk.ts';
import { orderRoutes } from './order-routes.ts';
import { answerErrorsAsProblems } from './problems.ts';

export type ExchangeServerDeps = {
  ledger: Ledger;
  startUpFaults: StartUpFaults;
  registry: Registry;
  log: FastifyBaseLogger;
  isStopping: () => boolean;
  /** Uniform in [0, 1); draws failures, latencies and lost answers. */
  random?: () => number;
};

const bodyBytesMax = 65_536;

export async function buildExchangeServer(deps: ExchangeServerDeps) {
  const { ledger, startUpFaults, registry, log, isStopping, random = Math.random } = deps;
  const app = Fastify({
    loggerInstance: log,
    // A line per order would cost more than the order.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    // Ends a call that was left to hang; above the longest latency.
    connectionTimeout: 120_000,
    requestTimeout: 10_000,
    // Above the keep-alive of every client: the side that sends must be the one that closes.
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  });
  const faults = faultControl(startUpFaults);
  const desk = orderDesk({ ledger, faults: faults.current, random });
  const metrics = exchangeMetrics({ registry, ledger, desk });
  answerErrorsAsProblems(app);
  drainConnections(app);
  await app.register(orderRoutes({ desk, metrics }));
  await app.register(faultRoutes(faults));
  await app.register(ledgerRoutes(ledger));
  await app.register(observabilityRoutes({ registry, checks: { ledger: () => ledger.size() >= 0 }, isStopping }));
  return app;
}
