// Lets the server stop as soon as the last call has its answer. Clients keep connections open for later, some of them
// never used, and Node counts those as busy: waiting for each client to let go would outlast the shutdown deadline.
// A new connection, though, may well have its request on the way, and a client that is cut off then cannot know whether
// it arrived: it is given the time to say what it wants.
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** Far longer than a request that was sent takes to be read, far shorter than any shutdown deadline. */
const firstRequestMs = 1_000;

export function drainConnections(app: FastifyInstance) {
  const server: Server = app.server;
  let patient = true;
  let calls = 0;

  function dropUnused() {
    if (!patient && calls === 0) server.closeAllConnections();
  }
  server.on('request', (_request, response) => {
    calls += 1;
    response.once('close', () => {
      calls -= 1;
      dropUnused();
    });
  });
  app.addHook('preClose', async () => {
    // Those that were used and wait for another request are closed by Node itself, at once.
    setTimeout(() => {
      patient = false;
      dropUnused();
    }, firstRequestMs).unref();
  });
}
