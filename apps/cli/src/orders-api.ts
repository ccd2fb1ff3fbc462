// The API of the gateway as this command uses it. Whatever is not an answer in its sense, a server that is down
// included, is an UnreachableError; what it says about an order comes back as a value.
import { orderStatuses } from '@orders/domain/order-types';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { UnreachableError, UnusableInputError } from './failures.ts';
import { httpAddress } from './http-address.ts';
import { printable } from './printable.ts';
import { parseJson } from './text-lines.ts';

const nullable = <Inner extends TSchema>(inner: Inner) => Type.Union([inner, Type.Null()]);

/** What the commands need of an order; an answer may hold more. */
export const ApiOrder = Type.Object({
  id: Type.String({ minLength: 1 }),
  created_at: Type.String(),
  side: Type.String(),
  instrument: Type.String(),
  quantity: Type.Number(),
  status: Type.Enum(orderStatuses),
  attempts: Type.Integer(),
  failure: nullable(Type.Object({ code: Type.String(), reason: Type.String() })),
  in_doubt_since: Type.Optional(nullable(Type.String())),
  revision: Type.Integer(),
});
export type ApiOrder = Static<typeof ApiOrder>;

const Page = Type.Object({ orders: Type.Array(ApiOrder), next_cursor: nullable(Type.String()) });
const Problem = Type.Object({ code: Type.String(), detail: Type.String() });

export type RedriveAnswer =
  | { kind: 'redriven'; order: ApiOrder }
  /** The order is not there, or not in a state to be sent round again. */
  | { kind: 'skipped'; why: string };

export type OrdersApi = {
  /** All orders that a filter finds, newest first. */
  list: (filter: URLSearchParams) => AsyncGenerator<ApiOrder>;
  /** `null` when there is none. */
  find: (id: string) => Promise<ApiOrder | null>;
  /** Throws {@link UnusableInputError} when the API refuses who asks, or why. */
  redrive: (id: string, request: { by: string; reason: string }) => Promise<RedriveAnswer>;
};

type ApiRequest = { method?: string; headers?: Record<string, string>; body?: string };

const answerWithinMs = 30_000;
const pageSize = '500';

export function ordersApiAt(url: string): OrdersApi {
  const { base, headers: credentials } = httpAddress(url);
  const unreachable = (cause: unknown) => new UnreachableError(`the API at ${base}`, cause);

  async function call(path: string, { headers, ...init }: ApiRequest = {}) {
    try {
      const request = { ...init, headers: { ...credentials, ...headers }, signal: AbortSignal.timeout(answerWithinMs) };
      const answer = await fetch(base + path, request);
      return { status: answer.status, body: parseJson(await answer.text()) };
    } catch (error) {
      throw unreachable(error);
    }
  }

  function read<Schema extends TSchema>(schema: Schema, { status, body }: { status: number; body: unknown }) {
    if (Value.Check(schema, body)) return body;
    throw unreachable(new Error(`it answers ${status} with something else than was asked for`));
  }

  /** What a refusal says, in one line. */
  function problemIn(answer: { status: number; body: unknown }): string {
    const { code, detail } = read(Problem, answer);
    return printable(`${code}: ${detail}`);
  }

  async function* list(filter: URLSearchParams): AsyncGenerator<ApiOrder> {
    const query = new URLSearchParams([...filter, ['limit', pageSize]]);
    for (;;) {
      const answer = await call(`/orders?${query}`);
      if (answer.status === 422) throw new UnusableInputError(`the API refuses the filter: ${problemIn(answer)}`);
      if (answer.status !== 200) throw unreachable(new Error(`it answers ${answer.status} to GET /orders`));
      const { orders, next_cursor } = read(Page, answer);
      yield* orders;
      if (next_cursor === null) return;
      if (next_cursor === query.get('cursor')) throw unreachable(new Error('its pages go round in a circle'));
      query.set('cursor', next_cursor);
    }
  }

  return {
    list,
    find: async (id) => {
      const answer = await call(`/orders/${encodeURIComponent(id)}`);
      if (answer.status === 404) return null;
      if (answer.status === 200) return read(ApiOrder, answer);
      throw unreachable(new Error(`it answers ${answer.status} to GET /orders/${id}`));
    },
    redrive: async (id, request) => {
      const answer = await call(`/orders/${encodeURIComponent(id)}/redrive`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
      if (answer.status === 202) return { kind: 'redriven', order: read(ApiOrder, answer) };
      if (answer.status === 404 || answer.status === 409) return { kind: 'skipped', why: problemIn(answer) };
      if (answer.status === 422) throw new UnusableInputError(`the API refuses the redrive: ${problemIn(answer)}`);
      const says = Value.Check(Problem, answer.body) ? `, ${problemIn(answer)}` : '';
      throw unreachable(new Error(`it answers ${answer.status} to POST /orders/${id}/redrive${says}`));
    },
  };
}
