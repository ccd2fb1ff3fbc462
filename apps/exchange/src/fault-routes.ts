// Sets how the exchange misbehaves while it runs.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type FaultControl, Faults, FaultsError, FaultsRequest } from './faults.ts';
import { sendProblem } from './problems.ts';

export const faultRoutes =
  (faults: FaultControl): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/faults', { schema: { response: { 200: Faults } } }, async () => faults.current());

    app.put('/faults', { schema: { body: FaultsRequest } }, async (request, reply) => {
      try {
        const current = faults.replace(request.body);
        request.log.info({ faults: current }, 'faults replaced');
        return current;
      } catch (error) {
        if (!(error instanceof FaultsError)) throw error;
        return sendProblem(reply, { status: 400, code: 'invalid_request', detail: error.message });
      }
    });
  };
