// One answer of a route: what the serializer needs, and what the documentation shows.
import type { TSchema } from 'typebox';
import { type Problem, problemMediaType, problems } from '../problem.ts';
import { PlacementFailure, ProblemDetails, ref } from './answers.ts';
import { placementFailureExamples } from './examples.ts';

type Examples = Readonly<Record<string, { summary: string; value: unknown }>>;
type HeaderDocs = Readonly<
  Record<string, { type: 'string' | 'integer'; description: string; enum?: readonly string[] }>
>;

const requestId = {
  'X-Request-Id': { type: 'string', description: 'Of the request, or made for it; found again in logs and events.' },
} as const;

const retryAfter = { 'Retry-After': { type: 'integer', description: 'Seconds.' } } as const;

export function jsonResponse<Schema extends TSchema>(
  description: string,
  schema: Schema,
  examples: Examples,
  headers: HeaderDocs = {},
) {
  return {
    description,
    headers: { ...headers, ...requestId },
    content: { 'application/json': { schema: ref(schema), examples } },
  };
}

/** What is sent as it is, a piece at a time. */
export const textContent = (mediaType: string, examples: Examples) => ({
  [mediaType]: { schema: { type: 'string' }, examples },
});

export const textResponse = (description: string, mediaType: string, examples: Examples) => ({
  description,
  headers: requestId,
  content: textContent(mediaType, examples),
});

/** All of one status. */
export function problemResponse(first: Problem, ...more: Problem[]) {
  const all = [first, ...more];
  const examples = Object.fromEntries(
    all.map((problem) => [problem.code, { summary: problem.detail, value: problem }]),
  );
  return {
    description: all.map(({ detail }) => detail).join('; '),
    headers: first.status === 503 ? { ...retryAfter, ...requestId } : requestId,
    content: { [problemMediaType]: { schema: ref(ProblemDetails), examples } },
  };
}

export const receiptHeaders = {
  'Order-Stream': { type: 'string', description: 'The stream that the order was written to.' },
  'Order-Revision': { type: 'string', description: 'The revision of the event that this is the receipt of.' },
  'Order-Log-Position': { type: 'string', description: 'Where that event stands in the log of all streams.' },
} as const;

export const placedHeaders = {
  Location: { type: 'string', description: 'Where the order can be read.' },
  ...receiptHeaders,
  'Idempotency-Replayed': {
    type: 'string',
    enum: ['true'],
    description: 'Present when an earlier request with this key had placed the order; this one changed nothing.',
  },
} as const;

export const placementFailureResponse = jsonResponse(
  'Whatever went wrong inside. Sending the same request again, with the same `Idempotency-Key`, is always safe.',
  PlacementFailure,
  placementFailureExamples,
  {
    'Order-Outcome': {
      type: 'string',
      enum: ['not-stored', 'unknown'],
      description:
        '`not-stored`: this request stored nothing, and may be sent again. `unknown`: the order may be stored; ' +
        'without an `Idempotency-Key`, sending it again may make a second order.',
    },
  },
);

export const overloadedResponse = {
  ...problemResponse(problems.overloaded),
  headers: {
    ...retryAfter,
    'Order-Outcome': {
      type: 'string',
      enum: ['not-stored'],
      description: 'This request stored nothing, and may be sent again.',
    },
    ...requestId,
  },
} as const;
