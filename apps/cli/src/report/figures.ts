// The figures of a report, computed once and drawn twice: on the terminal and as a page. All lists are bounded, so that
// neither grows with the number of orders.
import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlText } from '../duckdb/open-duckdb.ts';
import { UnusableInputError } from '../failures.ts';
import { type LogPlace, refuseFuture } from '../log-place.ts';
import { stagesOf } from '../query/order-views.ts';

/** Which orders: those placed in this time, or between these positions. */
export type Selection = { from: LogPlace; until: LogPlace; instrument: string | null };

export type Stage = {
  stage: string;
  orders: number;
  p50_s: number | null;
  p90_s: number | null;
  p99_s: number | null;
  max_s: number | null;
};

/** What came of the orders that were placed in one stretch of time; `at` in seconds since 1970. */
export type Bucket = {
  at: number;
  submitted: number;
  failed: number;
  in_doubt: number;
  open: number;
  p50_s: number | null;
  p90_s: number | null;
  p99_s: number | null;
};

export type Failure = { code: string; reason: string; orders: number };
export type Traded = { instrument: string; buy: number; sell: number };

export type Figures = {
  orders: number;
  submitted: number;
  failed: number;
  in_doubt: number;
  open: number;
  /** When the first and the last of them were placed, ISO 8601; `null` without orders. */
  first: string | null;
  last: string | null;
  stages: Stage[];
  bucketSeconds: number;
  buckets: Bucket[];
  failures: Failure[];
  /** How many orders the list does not show. */
  otherFailures: number;
  traded: Traded[];
  otherTraded: number;
};

const listedMax = 20;
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];
const weeks = [604_800, 2_419_200, 31_536_000, 315_360_000];

const outcomes = `
  count(*) FILTER (status = 'submitted')::DOUBLE AS submitted, count(*) FILTER (status = 'failed')::DOUBLE AS failed,
  count(*) FILTER (status = 'in_doubt')::DOUBLE AS in_doubt,
  count(*) FILTER (status IN ('placed', 'submitting'))::DOUBLE AS open`;

/**
 * `bucketsMax`: into how many stretches of time the whole is divided at most. Throws `UnusableInputError` for a time to
 * come, for a position at which no event of an order stands, and for a range that ends before it begins.
 */
export async function readFigures(
  connection: DuckDBConnection,
  selection: Selection,
  bucketsMax: number,
): Promise<Figures> {
  const rows = async <T>(sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJS() as T[];
  await checkSelection(connection, selection);
  await connection.run(`CREATE OR REPLACE TEMP TABLE picked AS
    SELECT orders.*, latency.placed_to_attempt_s, latency.attempt_to_submitted_s, latency.placed_to_submitted_s
    FROM orders JOIN latency ON latency.order_id = orders.id WHERE ${conditionOf(selection)}`);
  const [totals] = await rows<Totals>(`SELECT count(*)::DOUBLE AS orders, ${outcomes},
    epoch_ms(min(created_at))::DOUBLE AS "first", epoch_ms(max(created_at))::DOUBLE AS "last" FROM picked`);
  if (totals === undefined) throw new Error('a count has no row');
  const { first, last, ...counts } = totals;
  const bucketSeconds = stepFor(((last ?? 0) - (first ?? 0)) / 1_000, bucketsMax);
  const found = await rows<Bucket>(`SELECT floor(epoch(created_at) / ${bucketSeconds}) * ${bucketSeconds} AS "at",
      ${outcomes}, quantile_cont(placed_to_submitted_s, 0.5) AS p50_s,
      quantile_cont(placed_to_submitted_s, 0.9) AS p90_s, quantile_cont(placed_to_submitted_s, 0.99) AS p99_s
    FROM picked WHERE created_at IS NOT NULL GROUP BY ALL ORDER BY "at"`);
  const failures = await rows<Failure>(`SELECT coalesce(failure_code, '') AS code,
      coalesce(failure_reason, '') AS reason, count(*)::DOUBLE AS orders
    FROM picked WHERE status IN ('failed', 'in_doubt') GROUP BY ALL ORDER BY orders DESC, code, reason
    LIMIT ${listedMax}`);
  const traded = await rows<Traded>(`SELECT coalesce(instrument, '') AS instrument,
      count(*) FILTER (side = 'buy')::DOUBLE AS buy, count(*) FILTER (side = 'sell')::DOUBLE AS sell
    FROM picked GROUP BY ALL ORDER BY count(*) DESC, instrument LIMIT ${listedMax}`);
  const shownFailures = failures.reduce((sum, { orders }) => sum + orders, 0);
  const shownTraded = traded.reduce((sum, { buy, sell }) => sum + buy + sell, 0);
  return {
    ...counts,
    first: first === null ? null : new Date(first).toISOString(),
    last: last === null ? null : new Date(last).toISOString(),
    stages: await rows<Stage>(
      `SELECT stage, orders::DOUBLE AS orders, p50_s, p90_s, p99_s, max_s FROM (${stagesOf('picked')})`,
    ),
    bucketSeconds,
    buckets: withoutGaps(found, bucketSeconds),
    failures,
    otherFailures: counts.failed + counts.in_doubt - shownFailures,
    traded,
    otherTraded: counts.orders - shownTraded,
  };
}

type Totals = Pick<Figures, 'orders' | 'submitted' | 'failed' | 'in_doubt' | 'open'> & {
  first: number | null;
  last: number | null;
};

async function checkSelection(connection: DuckDBConnection, { from, until }: Selection): Promise<void> {
  for (const place of [from, until]) {
    if (place.kind === 'time') refuseFuture(place.time);
    if (place.kind !== 'position') continue;
    const found = await connection.runAndReadAll(`SELECT 1 FROM events WHERE position = ${place.commit} LIMIT 1`);
    if (found.currentRowCount === 0)
      throw new UnusableInputError(`no event of an order stands at position ${place.commit}`);
  }
  const isBackwards =
    (from.kind === 'time' && until.kind === 'time' && from.time > until.time) ||
    (from.kind === 'position' && until.kind === 'position' && from.commit > until.commit);
  if (isBackwards) throw new UnusableInputError('the place to end lies before the one to begin');
}

function conditionOf({ from, until, instrument }: Selection): string {
  const conditions = ['true'];
  if (from.kind === 'position') conditions.push(`placed_position >= ${from.commit}`);
  if (from.kind === 'time') conditions.push(`created_at >= ${timestamp(from.time)}`);
  if (until.kind === 'position') conditions.push(`placed_position <= ${until.commit}`);
  if (until.kind === 'time') conditions.push(`created_at < ${timestamp(until.time)}`);
  if (until.kind === 'start') conditions.push('false');
  if (from.kind === 'now') conditions.push('false');
  if (instrument !== null) conditions.push(`instrument = ${sqlText(instrument)}`);
  return conditions.join(' AND ');
}

const timestamp = (time: Date): string => `TIMESTAMP ${sqlText(time.toISOString().replace('Z', ''))}`;

// One more stretch begins before the first order, unless that is placed at its very beginning.
const stepFor = (seconds: number, bucketsMax: number): number =>
  [...steps, ...weeks].find((step) => seconds / step < bucketsMax - 1) ?? 315_360_000;

/** Stretches without orders count too: a night without trade is not to look like none. */
function withoutGaps(found: readonly Bucket[], step: number): Bucket[] {
  const byTime = new Map(found.map((bucket) => [bucket.at, bucket]));
  const [first, last] = [found[0]?.at ?? 0, found.at(-1)?.at ?? -1];
  const none = { submitted: 0, failed: 0, in_doubt: 0, open: 0, p50_s: null, p90_s: null, p99_s: null };
  const count = found.length === 0 ? 0 : Math.round((last - first) / step) + 1;
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * step;
    return byTime.get(at) ?? { at, ...none };
  });
}
