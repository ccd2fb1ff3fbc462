// Lets the server stop as soon as the last call has its answer. Clients keep connections open for later, some of them
// never used, and Node counts those as busy: waiting for each client to let go would outlast the shutdown deadline.
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';

export function drainConnections(app: FastifyInstance) {
  const server: Server = app.server;
  let closing = false;
  let calls = 0;

  function dropUnused() {
    if (closing && calls === 0) server.closeAllConnections();
  }
  server.on('request', (_request, response) => {
    calls += 1;
    response.once('close', () => {
      calls -= 1;
      dropUnused();
    });
  });
  server.on('connection', (socket) => {
    if (closing) socket.destroy();
  });
  app.addHook('preClose', async () => {
    closing = true;
    dropUnused();
  });
}
