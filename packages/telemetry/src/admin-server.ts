// The health and metrics port of a process that serves no HTTP of its own.
import Fastify from 'fastify';
import { type ObservabilityDeps, observabilityRoutes } from './observability-routes.ts';

type AdminServerOptions = ObservabilityDeps & { host: string; port: number };

/** Resolves once listening; rejects with the `EADDRINUSE` of Node when the port is taken. */
export async function startAdminServer({ host, port, ...deps }: AdminServerOptions) {
  const app = Fastify({ forceCloseConnections: true });
  await app.register(observabilityRoutes(deps));
  await app.listen({ host, port });
  return { close: () => app.close() };
}
