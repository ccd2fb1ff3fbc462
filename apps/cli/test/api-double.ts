// An API that has the orders a test gives it, and lets each redrive end as the test says. Like the real one it answers
// from a view that lags: after a redrive it first shows the old end, then an open order, and only then the new end.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ApiOrder } from '../src/orders-api.ts';

export type DoubleOrder = Partial<ApiOrder> & {
  id: string;
  /** What becomes of it once it is redriven; never comes to an end when absent. */
  becomes?: Pick<ApiOrder, 'status' | 'failure'> | undefined;
};

export const submitted = { status: 'submitted', failure: null } as const;
export const noConnection = { code: 'attempts_exhausted', reason: 'Connection not available' };
export const refused = { code: 'refused_by_exchange', reason: 'unknown instrument' };
export const failedWith = (failure: ApiOrder['failure']) => ({ status: 'failed', failure }) as const;

const pageSize = 7;

export type ApiDouble = Awaited<ReturnType<typeof startApiDouble>>;

export async function startApiDouble() {
  const views = new Map<string, ApiOrder[]>();
  const endings = new Map<string, DoubleOrder['becomes']>();
  const lists: URLSearchParams[] = [];
  const redrives: { id: string; body: unknown }[] = [];
  const openBefore: number[] = [];
  let refusal: { status: number; code: string } | null = null;

  const shown = (id: string) => views.get(id)?.[0];

  function list(query: URLSearchParams) {
    lists.push(query);
    const statuses = query.getAll('status');
    const all = [...views.keys()].flatMap((id) => shown(id) ?? []).filter(({ status }) => statuses.includes(status));
    const from = Number(query.get('cursor') ?? 0);
    const next = from + pageSize < all.length ? String(from + pageSize) : null;
    return { status: 200, body: { orders: all.slice(from, from + pageSize), next_cursor: next } };
  }

  function find(id: string) {
    const [view, ...later] = views.get(id) ?? [];
    if (view === undefined) return problem(404, 'order_not_found');
    if (later.length > 0) views.set(id, later);
    return { status: 200, body: view };
  }

  function redrive(id: string, body: unknown) {
    redrives.push({ id, body });
    openBefore.push([...views.values()].filter((later) => later.length > 1).length);
    const order = shown(id);
    if (refusal !== null) return problem(refusal.status, refusal.code);
    if (order === undefined) return problem(404, 'order_not_found');
    if (order.status !== 'failed' && order.status !== 'in_doubt') return problem(409, 'order_not_redrivable');
    const open = { ...order, status: 'placed', failure: null, revision: order.revision + 1 } as const;
    const ending = endings.get(id);
    views.set(id, [order, open, ...(ending ? [{ ...open, ...ending, revision: order.revision + 3 }] : [])]);
    return { status: 202, body: open };
  }

  async function answer(request: IncomingMessage) {
    const url = new URL(request.url ?? '', 'http://api');
    const [, , id = '', verb] = url.pathname.split('/').map(decodeURIComponent);
    if (request.method === 'POST' && verb === 'redrive') return redrive(id, JSON.parse(await text(request)));
    return id === '' ? list(url.searchParams) : find(id);
  }

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const { status, body } = await answer(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lists,
    redrives,
    /** For each redrive, how many orders of earlier ones had not shown their ends. */
    openBefore,
    redriven: () => redrives.map(({ id }) => id),
    /** Newest first, as the list shows them. */
    has: (...given: DoubleOrder[]) => {
      for (const { becomes, ...over } of given) {
        views.set(over.id, [order(over)]);
        endings.set(over.id, becomes);
      }
    },
    refuses: (status: number, code: string) => {
      refusal = { status, code };
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const order = (over: Partial<ApiOrder> & { id: string }): ApiOrder => ({
  created_at: '2026-01-31T08:00:00.000Z',
  side: 'buy',
  instrument: 'DE0007164600',
  quantity: 5,
  status: 'failed',
  attempts: 3,
  failure: noConnection,
  in_doubt_since: null,
  revision: 4,
  ...over,
});

const problem = (status: number, code: string) => ({ status, body: { code, detail: `about ${code}` } });
