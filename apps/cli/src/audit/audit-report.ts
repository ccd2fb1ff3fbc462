// What an audit found, as the command prints it and as other code reads it.

/**
 * `lost`: a promise that was not kept. `duplicated`: the same order twice. `unexplained`: what the log cannot account
 * for. `open`: not at an end yet, which is a finding only in a system that has settled.
 */
export type FindingKind = 'lost' | 'duplicated' | 'unexplained' | 'open';

export type Finding = { kind: FindingKind; id: string; reason: string };

export type AuditReport = {
  /** Different orders that clients were told of. */
  acknowledged: number;
  /** Orders with a stream, at the cut. */
  stored: number;
  /** Different orders that stand in the ledger of the exchange. */
  placed: number;
  /** Orders, as in the next two: one with several findings of a kind counts once. */
  lost: number;
  duplicated: number;
  unexplained: number;
  open: number;
  /** Since the oldest open order was placed, or sent round again; `null` while none is open. */
  oldest_open_s: number | null;
  in_doubt: number;
  /** How many of those stand in the ledger. */
  in_doubt_placed: number;
  failed: number;
  /** Commit position of the last event of the log that was judged; `null` for an empty log. */
  cut: string | null;
  findings: Finding[];
};
