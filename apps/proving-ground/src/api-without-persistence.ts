// The API as it is, schemas, validation and answers included, on an order store that keeps nothing: what accepting an
// order costs before it is stored. Started as a process by the bench, with the port as its only argument.
import { buildServer } from '@orders/api/server';
import { createLogger } from '@orders/telemetry/logger';
import { Registry } from 'prom-client';

const port = Number(process.argv[2]);
let placed = 0n;
const app = await buildServer({
  append: async () => {
    placed += 1n;
    return { kind: 'stored', revision: 0n, position: { commit: placed, prepare: placed } };
  },
  load: () => Promise.reject(new Error('nothing is kept here')),
  queries: { find: async () => null, list: async () => ({ orders: [], next: null }) },
  now: () => new Date(),
  newId: () => crypto.randomUUID(),
  log: createLogger('api', 'info'),
  registry: new Registry(),
  checks: {},
  isStopping: () => false,
});
await app.listen({ host: '127.0.0.1', port });
