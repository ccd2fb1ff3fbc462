// The reading side: the list from the read model; one order from the read model or else from its stream, so that a read
// after a 201 finds the order however far the view lags. The orders of every account are readable.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { eventJson } from '@orders/order-store/event-json';
import type { LoadedOrder } from '@orders/order-store/order-store';
import type { OrderCursor, OrderFilter, OrderPage as PageOfViews } from '@orders/read-model/order-queries';
import { type OrderView, viewOfHistory } from '@orders/read-model/order-view';
import type { FastifyBaseLogger } from 'fastify';
import { encodeCursor } from '../cursor.ts';
import type { ApiMetrics } from '../metrics.ts';
import { orderJson } from '../order-json.ts';
import { readListQuery, typedQuery } from '../order-list-query.ts';
import { type Problem, ProblemError, problems, validationFailed } from '../problem.ts';
import { Order, OrderEvents, OrderPage } from '../schemas/answers.ts';
import { invalidQuery, orderEventsExamples, orderExamples, orderPageExamples } from '../schemas/examples.ts';
import { OrderListQuery, OrderParams, ReadHeaders } from '../schemas/requests.ts';
import { jsonResponse, problemResponse } from '../schemas/responses.ts';

type FindView = (orderId: string) => Promise<OrderView | null>;
type ListViews = (filter: OrderFilter, limit: number, after: OrderCursor | null) => Promise<PageOfViews>;
type LoadOrder = (orderId: string) => Promise<LoadedOrder>;

export type OrderQueryRoutesDeps = {
  find: FindView;
  list: ListViews;
  load: LoadOrder;
  metrics: Pick<ApiMetrics, 'viewFallbacks'>;
};

const tags = ['orders'];

export const orderQueryRoutes =
  (deps: OrderQueryRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    // The alias of the same routes is described, not listed.
    const hide = app.prefix !== '';
    await app.register(listRoute(deps, hide));
    await app.register(orderRoute(deps, hide));
    await app.register(eventsRoute(deps, hide));
  };

const listRoute =
  ({ list }: OrderQueryRoutesDeps, hide: boolean): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = {
      operationId: 'listOrders',
      summary: 'List orders, newest first',
      description: 'From the read model, which follows the log within moments: an order just placed may be missing.',
      ...{ tags, hide, headers: ReadHeaders, querystring: OrderListQuery },
      response: {
        200: jsonResponse('One page.', OrderPage, orderPageExamples),
        422: problemResponse(invalidQuery),
        500: problemResponse(problems.internalError),
        503: problemResponse(problems.readModelUnavailable),
      },
    };
    app.get('/orders', {
      schema,
      preValidation: async (request) => {
        request.query = typedQuery(request.query) as typeof request.query;
      },
      handler: async (request) => {
        const reading = readListQuery(request.query);
        if ('errors' in reading) throw new ProblemError(validationFailed(reading.errors));
        const page = list(reading.filter, reading.limit, reading.after);
        const { orders, next } = await page.catch(failAs(problems.readModelUnavailable));
        return { orders: orders.map(orderJson), next_cursor: next && encodeCursor(next) };
      },
    });
  };

const orderRoute =
  (deps: OrderQueryRoutesDeps, hide: boolean): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = {
      operationId: 'getOrder',
      summary: 'Read one order',
      description: 'Finds every order that was answered with 201, from that moment on.',
      ...{ tags, hide, headers: ReadHeaders, params: OrderParams },
      response: {
        200: jsonResponse('The order.', Order, orderExamples),
        404: problemResponse(problems.orderNotFound),
        500: problemResponse(problems.internalError),
        503: problemResponse(problems.eventStoreUnavailable),
      },
    };
    app.get('/orders/:id', { schema }, async ({ params, log }) => {
      const view = await readOrder(params.id.toLowerCase(), deps, log);
      if (view === null) throw new ProblemError(problems.orderNotFound);
      return orderJson(view);
    });
  };

const eventsRoute =
  ({ load }: OrderQueryRoutesDeps, hide: boolean): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = {
      operationId: 'getOrderEvents',
      summary: 'Read the history of one order',
      description: 'The stream of the order, from its first event to its last.',
      ...{ tags, hide, headers: ReadHeaders, params: OrderParams },
      response: {
        200: jsonResponse('The events, oldest first.', OrderEvents, orderEventsExamples),
        404: problemResponse(problems.orderNotFound),
        500: problemResponse(problems.internalError),
        503: problemResponse(problems.eventStoreUnavailable),
      },
    };
    app.get('/orders/:id/events', { schema }, async ({ params }) => {
      const { history } = await load(params.id.toLowerCase()).catch(failAs(problems.eventStoreUnavailable));
      if (history.length === 0) throw new ProblemError(problems.orderNotFound);
      return { events: history.map(eventJson) };
    });
  };

type ReadOrderDeps = Pick<OrderQueryRoutesDeps, 'find' | 'load' | 'metrics'>;

async function readOrder(orderId: string, { find, load, metrics }: ReadOrderDeps, log: FastifyBaseLogger) {
  let reason = 'missing';
  const view = await find(orderId).catch((err: unknown) => {
    reason = 'failed';
    // A Redis that is down is reported by its client; here it would be a line for each read.
    log.debug({ err, orderId }, 'the read model failed');
    return null;
  });
  if (view !== null) return view;
  metrics.viewFallbacks.inc({ reason });
  const { history } = await load(orderId).catch(failAs(problems.eventStoreUnavailable));
  return viewOfHistory(history);
}

const failAs =
  (problem: Problem) =>
  (cause: unknown): never => {
    throw new ProblemError(problem, { cause });
  };
