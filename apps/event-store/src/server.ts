// The event store on a port: gRPC for clients, HTTP/1.1 for health, metrics and curl. Reads no environment, so that
// tests run it inside their own process, on port 0.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from '@orders/telemetry/logger';
import { createGrpcServer } from './grpc/services.ts';
import { createHttpEndpoints } from './http-endpoints.ts';
import { listenForBoth } from './listener.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { EventStore } from './storage/store.ts';
import { createWriteRate } from './write-rate.ts';

type EventStoreServerOptions = {
  host: string;
  port: number;
  store: EventStore;
  log?: Pick<Logger, 'error'>;
  metrics?: Metrics;
};

export type EventStoreServer = {
  port: number;
  /** Answers what was appended, ends every open call with UNAVAILABLE, and frees the port. The store stays open. */
  close: () => Promise<void>;
};

/** Clients that do not leave by themselves after their calls were ended are disconnected after this time. */
const closeGraceMs = 1_000;

/** Resolves once listening; rejects with Node's `EADDRINUSE` when the port is taken. */
export async function startEventStoreServer(options: EventStoreServerOptions): Promise<EventStoreServer> {
  const { host, port, store, log, metrics = createMetrics() } = options;
  let stopping = false;
  const grpc = createGrpcServer({ store, metrics, onUnexpectedError: (err) => log?.error({ err }, 'a call failed') });
  const http = createHttpEndpoints({
    registry: metrics.registry,
    isReady: () => !store.lastCommitFailed(),
    isStopping: () => stopping,
    stats: async () => ({
      ...store.figures(),
      lastPosition: store.lastPosition(),
      appendsPerSecond: writeRate.perSecond(),
      subscriptions: (await metrics.subscriptions.get()).values[0]?.value ?? 0,
      uptimeSeconds: Math.round(process.uptime()),
    }),
  });
  const writeRate = createWriteRate(() => performance.now());
  const stopObserving = store.onCommitted(({ events }, { writes, seconds }) => {
    writeRate.count(writes);
    metrics.appendedEvents.inc(events.length);
    metrics.commitDuration.observe(seconds);
  });
  const injector = grpc.server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = await listenForBoth(host, port, {
    http2: (socket) => injector.injectConnection(socket),
    http1: (socket) => http.emit('connection', socket),
  });

  async function close(): Promise<void> {
    stopping = true;
    const disconnected = listener.close(closeGraceMs);
    await store.flush();
    await nextTurn(); // Lets the answers of that last commit be written before the calls end.
    grpc.endCalls();
    injector.drain(closeGraceMs);
    await disconnected;
    grpc.server.forceShutdown();
    stopObserving();
  }

  return { port: listener.port, close };
}
