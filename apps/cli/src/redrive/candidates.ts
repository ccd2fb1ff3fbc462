// The orders that a redrive is about: of each only its id and how it failed, so that there may be many.
import type { ApiOrder, OrdersApi } from '../orders-api.ts';
import { printable, textTable } from '../printable.ts';

export type Failure = NonNullable<ApiOrder['failure']>;
export type Candidate = { id: string; failure: Failure | null };

export type CandidateFilter = {
  /** What the API filters by. */
  query: URLSearchParams;
  /** The rest is filtered here. */
  code: string | undefined;
  reasonContains: string | undefined;
  /** The oldest ones of all that fit. */
  limit: number | undefined;
};

/** Oldest first: they have waited longest. */
export async function findCandidates(api: Pick<OrdersApi, 'list'>, filter: CandidateFilter): Promise<Candidate[]> {
  const { query, code, reasonContains, limit } = filter;
  const failures = new Map<string, Failure>();
  const found: Candidate[] = [];
  for await (const { id, failure } of api.list(query)) {
    if (code !== undefined && failure?.code !== code) continue;
    if (reasonContains !== undefined && !failure?.reason.includes(reasonContains)) continue;
    found.push({ id, failure: failure && sharedFailure(failures, failure) });
  }
  return found.reverse().slice(0, limit);
}

/** Thousands of orders fail for one reason: its text is kept once. */
function sharedFailure(known: Map<string, Failure>, { code, reason }: Failure): Failure {
  const key = JSON.stringify([code, reason]);
  const failure = known.get(key) ?? { code, reason };
  known.set(key, failure);
  return failure;
}

export const isSameFailure = (a: Failure | null, b: Failure | null): boolean =>
  a !== null && b !== null && a.code === b.code && a.reason === b.reason;

export const failureText = (failure: Failure | null): string =>
  failure === null ? 'no failure' : printable(`${failure.code}: ${failure.reason}`);

const reasonsListedMax = 20;

/** How many orders there are, and how many of them for which reason, most frequent first. */
export function breakdown(candidates: readonly Candidate[]): string {
  const counts = new Map<string, number>();
  for (const { failure } of candidates) counts.set(failureText(failure), (counts.get(failureText(failure)) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const lines = sorted.slice(0, reasonsListedMax).map(([text, number]) => `${String(number).padStart(8)}  ${text}\n`);
  const more = sorted.length - lines.length;
  const rest = more > 0 ? [`          and ${more} other reasons\n`] : [];
  return [`${candidates.length} ${candidates.length === 1 ? 'order' : 'orders'}\n`, ...lines, ...rest].join('');
}

export const candidateTable = (candidates: readonly Candidate[]): string =>
  textTable(
    ['ID', 'FAILURE'],
    candidates.map(({ id, failure }) => [id, failureText(failure)]),
  );
