// The documentation, made from the same schemas that validate and serialize: /docs for people, /docs/json for programs.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const description = `
Takes orders, stores them durably, and places each of them on the exchange once.

- **A \`201\` is a promise.** The order is on disk in the event store; neither restarts nor outages lose it.
- **Repeat safely.** With an \`Idempotency-Key\`, the same request gives the same order, however often it is sent.
- **Money is exact.** Prices are read and kept as decimals; send text if your numbers are not.
- **Errors** are \`application/problem+json\` (RFC 9457), told apart by \`code\`; the one exception is the \`500\` of
  \`POST /orders\`, whose body is fixed, and whose header \`Order-Outcome\` says whether the order may be stored.
- **Follow along.** \`GET /events\` is the log of everything that happened to orders, \`/orders/stream\` and
  \`/orders/{id}/stream\` send it as it happens (server-sent events); whoever was cut off goes on without gap or repeat.
- **Accounts.** \`X-Account-Id\` says whose order it is. This service believes it: authentication is the task of a
  gateway in front, and the orders of every account can be read.

Every path under \`/orders\`, and \`/events\`, is also there under \`/v1\`.
`.trim();

/** Must be registered before the routes that it describes. */
export async function registerDocumentation(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Order gateway', version: '1.0.0', description },
      servers: [{ url: '/', description: 'This server' }],
      tags: [
        { name: 'orders', description: 'Placing, reading and redriving orders' },
        { name: 'operations', description: 'Health and metrics' },
      ],
    },
    refResolver: {
      buildLocalReference: ({ $id }, _baseUri, _fragment, index) => (typeof $id === 'string' ? $id : `schema-${index}`),
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // Where there is no TLS, the browser would look for the parts of the page at https, in vain.
    transformStaticCSP: (policy) => policy.replace('upgrade-insecure-requests;', ''),
    uiConfig: { docExpansion: 'list' },
  });
}
