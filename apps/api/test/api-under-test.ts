// The whole API over the order store in memory, without a socket. A test replaces what it is about.
import { NoSuchPositionError } from '@orders/order-store/log-page';
import { memoryOrderStore } from '@orders/order-store/memory-order-store';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { OrderQueries } from '@orders/read-model/order-queries';
import { createLogger } from '@orders/telemetry/logger';
import type { LightMyRequestResponse } from 'fastify';
import { Registry } from 'prom-client';
import { v7 as uuidV7 } from 'uuid';
import { afterAll, onTestFinished } from 'vitest';
import { type EventSources, logStart } from '../src/log/event-sources.ts';
import { buildServer, type ServerDeps } from '../src/server.ts';

export const limitOrder = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: 120.5, quantity: 5 };
export const marketOrder = { type: 'market', side: 'sell', instrument: 'DE0007164600', quantity: 5 };

type Headers = Record<string, string>;

const emptyReadModel: OrderQueries = { find: async () => null, list: async () => ({ orders: [], next: null }) };

/** Closed when the test is finished. */
export async function apiUnderTest(replaced: Partial<ServerDeps> = {}) {
  const api = await createApi(replaced);
  onTestFinished(() => api.app.close());
  return api;
}

/** For the tests of one group that leave nothing behind; closed after the last of them. */
export function sharedApi(): ReturnType<typeof createApi> {
  const api = createApi({});
  afterAll(async () => (await api).app.close());
  return api;
}

async function createApi(replaced: Partial<ServerDeps>) {
  const store = memoryOrderStore();
  const registry = new Registry();
  const app = await buildServer({
    append: store.append,
    load: store.load,
    queries: emptyReadModel,
    events: memoryEventSources(store.log),
    now: () => new Date(),
    newId: () => uuidV7(),
    log: createLogger('api', 'silent'),
    registry,
    checks: {},
    isStopping: () => false,
    ...replaced,
  });
  return {
    app,
    store,
    registry,
    get: (url: string, headers: Headers = {}) => app.inject({ method: 'GET', url, headers }),
    post: (payload: object, headers: Headers = {}, url = '/orders') =>
      app.inject({ method: 'POST', url, payload, headers }),
    /** Sends the body exactly as written. */
    postText: (payload: string, contentType = 'application/json') =>
      app.inject({ method: 'POST', url: '/orders', payload, headers: { 'content-type': contentType } }),
  };
}

/** The log of the store in memory, for whoever reads it; nothing follows it. */
const memoryEventSources = (log: readonly RecordedOrderEvent[]): EventSources => ({
  async readPage(from, eventsMax) {
    const later = log.filter(({ position }) => position.commit > from);
    if (from > logStart && !log.some(({ position }) => position.commit >= from))
      throw new NoSuchPositionError('beyond');
    const events = later.slice(0, eventsMax);
    return { events, reached: events.at(-1)?.position.commit ?? from, atEnd: events.length === later.length };
  },
  readEnd: async () => log.at(-1)?.position.commit ?? logStart,
  placeBefore: async () => logStart,
  subscribe: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
  onSubscriptionEnded: () => undefined,
});

/** What a client can rely on in a problem, without the texts for people. */
export function problemIn(response: LightMyRequestResponse) {
  const { status, code, title } = response.json();
  return { mediaType: response.headers['content-type']?.toString().split(';')[0], status, code, title };
}

/** The message of each field that a 422 names. */
export function fieldErrorsIn(response: LightMyRequestResponse): [field: string, message: string][] {
  const { errors }: { errors: { field: string; message: string }[] } = response.json();
  return errors.map(({ field, message }) => [field, message]);
}
