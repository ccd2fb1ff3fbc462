// What an operator asks every process: is it alive, is it of use, shall requests go there, what are its figures.
import type {} from '@fastify/swagger';
import type { FastifyPluginAsync } from 'fastify';
import type { Registry } from 'prom-client';

/** Rejects, or answers false, while the process cannot do its work. */
export type ReadinessCheck = () => Promise<boolean> | boolean;
export type ReadinessChecks = Readonly<Record<string, ReadinessCheck>>;

export type ObservabilityDeps = { registry: Registry; checks: ReadinessChecks; isStopping: () => boolean };

// Below the ten seconds that a prober usually allows, so that a hanging dependency reads as "not ready", not as no
// answer.
const checkTimeoutMs = 2_000;

const tags = ['operations'];

export const observabilityRoutes =
  ({ registry, checks, isStopping }: ObservabilityDeps): FastifyPluginAsync =>
  async (app) => {
    let wasReady = false;
    const runChecks = async () => {
      const results = await Promise.all(Object.entries(checks).map(runCheck));
      wasReady ||= results.every(([, passed]) => passed);
      return results;
    };

    app.get('/health/live', { logLevel: 'silent', schema: { tags, summary: 'Is the process alive' } }, async () => ({
      status: 'alive',
    }));

    app.get(
      '/health/ready',
      { logLevel: 'silent', schema: { tags, summary: 'Can the process do its work' } },
      async (_request, reply) => {
        const results = await runChecks();
        const stopping = isStopping();
        const ready = !stopping && results.every(([, passed]) => passed);
        return reply.code(ready ? 200 : 503).send({
          status: stopping ? 'stopping' : ready ? 'ready' : 'not ready',
          checks: Object.fromEntries(results.map(([name, passed]) => [name, passed ? 'ok' : 'failing'])),
        });
      },
    );

    // An outage of what all processes share is no reason to send requests elsewhere: what answers there knows less.
    app.get(
      '/health/serving',
      { logLevel: 'silent', schema: { tags, summary: 'Shall requests go here: it was ready once, and does not stop' } },
      async (_request, reply) => {
        if (!wasReady) await runChecks();
        const status = isStopping() ? 'stopping' : wasReady ? 'serving' : 'starting';
        return reply.code(status === 'serving' ? 200 : 503).send({ status });
      },
    );

    app.get(
      '/metrics',
      { logLevel: 'silent', schema: { tags, summary: 'Figures for Prometheus' } },
      async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
    );
  };

async function runCheck([name, check]: [string, ReadinessCheck]): Promise<[string, boolean]> {
  const timeout = Promise.withResolvers<boolean>();
  const timer = setTimeout(timeout.resolve, checkTimeoutMs, false);
  const passed = await Promise.race([Promise.try(check).catch(() => false), timeout.promise]);
  clearTimeout(timer);
  return [name, passed];
}
