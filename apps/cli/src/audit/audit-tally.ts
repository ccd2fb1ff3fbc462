// Counts what the audit sees of the orders, and collects what it objects to.
import type { Order, Timestamp } from '@orders/domain/order-types';
import type { AuditReport, Finding, FindingKind } from './audit-report.ts';
import type { OrderEvidence } from './judge-order.ts';

export type AuditTally = ReturnType<typeof newTally>;

type Counts = Omit<AuditReport, 'acknowledged' | 'placed' | 'oldest_open_s' | 'cut' | 'findings' | FindingKind>;

/** `settled`: nothing may be open any more. */
export function newTally(settled: boolean) {
  const seen: Counts = { stored: 0, in_doubt: 0, in_doubt_placed: 0, failed: 0 };
  const found: Record<FindingKind, number> = { lost: 0, duplicated: 0, unexplained: 0, open: 0 };
  const findings: Finding[] = [];
  let oldestOpen: Timestamp | null = null;

  /** All findings of one order. */
  function find(ofOrder: readonly Finding[]) {
    for (const kind of new Set(ofOrder.map((finding) => finding.kind))) found[kind] += 1;
    findings.push(...ofOrder);
  }

  function noteOpen(id: string, order: Order, since: Timestamp | null) {
    if (since !== null && (oldestOpen === null || since < oldestOpen)) oldestOpen = since;
    const finding: Finding = { kind: 'open', id, reason: `Still ${order.status}, open since ${since}.` };
    if (settled) find([finding]);
    else found.open += 1;
  }

  /** Once for each order, as it was at the cut. */
  function note({ id, stream, entries }: OrderEvidence) {
    if (stream === null) return;
    seen.stored += 1;
    const { order, open_since } = stream;
    switch (order.status) {
      case 'placed':
      case 'submitting':
        return noteOpen(id, order, open_since);
      case 'failed':
        seen.failed += 1;
        return;
      case 'in_doubt':
        seen.in_doubt += 1;
        if (entries > 0) seen.in_doubt_placed += 1;
        return;
      case 'submitted':
      case 'absent':
        return;
    }
  }

  return { note, find, findings, counts: () => ({ ...seen, ...found, oldestOpen }) };
}
