// What the load generator, a process of its own, is told and what it tells: JSON, one report a line.

export type LoadPhase = {
  name: string;
  seconds: number;
  /** Arrivals a second, whatever the answers do; null: every connection posts again as soon as it has its answer. */
  ratePerSecond: number | null;
};

export type LoadOrder = {
  host: string;
  port: number;
  /** One after the other, without a pause between them. */
  phases: readonly LoadPhase[];
  /** The most that are open at once: an answer that is awaited keeps one. */
  connections: number;
  /** Of the process: from 0, like the others, to 19, after all others. */
  niceness: number;
  /**
   * The file to which every 201 is appended, one JSON object a line: `id`, and `at_ms`, when the answer was there, in
   * milliseconds since 1970 and fractions of them.
   */
  acknowledgedFile: string;
  /** Whether the reports have every latency: only for rates whose seconds fit in a line of output. */
  reportsEachLatency?: boolean;
};

/** One second of load. Latencies begin when an order was due, not when it could be sent. */
export type LoadSecond = {
  phase: string;
  /** Orders that came due. */
  due: number;
  /** Orders sent. */
  offered: number;
  created: number;
  shed: number;
  /** Sheds that do not say when to come back, or that nothing was stored. */
  mutedSheds: number;
  /** Answers other than 201 and 503, by status. */
  others: Readonly<Record<string, number>>;
  /** Connections that broke, and answers that never came. */
  connectionErrors: number;
  createdP50Ms: number | null;
  createdP99Ms: number | null;
  shedP99Ms: number | null;
  /** Of every 201, in the order of the answers; only when asked for. */
  createdMs?: readonly number[];
};
