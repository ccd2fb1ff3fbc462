// The whole ledger for an audit, as it was when the request arrived. It is read page by page, as fast as the reader
// takes it, so that its length costs neither memory nor the time of the orders.
import { Readable } from 'node:stream';
import type { FastifyPluginAsync } from 'fastify';
import type { Ledger } from './ledger.ts';

const pageSize = 500;

export const ledgerRoutes =
  (ledger: Ledger): FastifyPluginAsync =>
  async (app) => {
    app.get('/ledger', async (_request, reply) =>
      reply.type('application/x-ndjson').send(Readable.from(ledgerLines(ledger, ledger.size()))),
    );
  };

function* ledgerLines(ledger: Ledger, end: number): Generator<string> {
  for (let after = 0; after < end; after += pageSize) {
    const page = ledger.page({ after, limit: Math.min(pageSize, end - after) });
    yield page.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  }
}
