// The ready views beside the two tables, in SQL. Times are those that events state, where they state one: a stage that
// two processes take part in is measured by two clocks.

const at = 'coalesce(occurred_at, recorded_at)';
const seconds = (from: string, to: string) => `(epoch_us(${to}) - epoch_us(${from})) / 1e6`;

/** One row for each call to the exchange. An end that only another call tells of is not known: `unknown`. */
const attempts = `
  WITH steps AS (
    SELECT order_id, revision, type, attempt, ${at} AS happened_at,
      lead(type) OVER stream AS next_type, lead(${at}) OVER stream AS next_at, lead(reason) OVER stream AS next_reason
    FROM events WHERE type NOT IN ('OrderPlaced', 'RedriveRequested')
    WINDOW stream AS (PARTITION BY order_id ORDER BY revision)),
  calls AS (
    SELECT order_id, revision, attempt, happened_at AS started_at, next_reason AS reason,
      CASE WHEN next_type = 'SubmissionStarted' THEN NULL ELSE next_at END AS ended_at,
      CASE next_type
        WHEN 'OrderSubmitted' THEN 'submitted'
        WHEN 'OrderFailed' THEN 'failed'
        WHEN 'SubmissionAttemptFailed' THEN 'not_placed'
        WHEN 'OrderInDoubt' THEN 'in_doubt'
        WHEN 'SubmissionStarted' THEN 'unknown'
        ELSE 'open' END AS outcome
    FROM steps WHERE type = 'SubmissionStarted')
  SELECT order_id, attempt, started_at, ended_at, outcome, ${seconds('started_at', 'ended_at')} AS seconds, reason,
    revision
  FROM calls`;

/** One row for each order; a stage that it has not been through is NULL. */
const latency = `
  WITH first_calls AS (
    SELECT order_id, min_by(${at}, revision) AS first_attempt_at
    FROM events WHERE type = 'SubmissionStarted' GROUP BY order_id)
  SELECT orders.id AS order_id, orders.created_at AS placed_at, first_attempt_at, submitted_at,
    ${seconds('orders.created_at', 'first_attempt_at')} AS placed_to_attempt_s,
    ${seconds('first_attempt_at', 'submitted_at')} AS attempt_to_submitted_s,
    ${seconds('orders.created_at', 'submitted_at')} AS placed_to_submitted_s
  FROM orders LEFT JOIN first_calls ON first_calls.order_id = orders.id`;

const stages = [
  ['placed to first attempt', 'placed_to_attempt_s'],
  ['first attempt to submitted', 'attempt_to_submitted_s'],
  ['placed to submitted', 'placed_to_submitted_s'],
] as const;

// Between two times it lies where no clock that is read here could tell: to the microsecond is enough.
const quantile = (column: string, share: number) => `round(quantile_cont(${column}, ${share}), 6)`;

/** The percentiles of columns of `latency`, a row each. */
export const stagesOf = (source: string): string =>
  stages
    .map(
      ([stage, column]) => `
  SELECT '${stage}' AS stage, count(${column}) AS orders,
    ${quantile(column, 0.5)} AS p50_s, ${quantile(column, 0.9)} AS p90_s, ${quantile(column, 0.99)} AS p99_s,
    max(${column}) AS max_s
  FROM ${source}`,
    )
    .join(' UNION ALL ');

export const orderViews: Readonly<Record<string, string>> = {
  attempts,
  latency,
  latency_by_stage: stagesOf('latency'),
};
