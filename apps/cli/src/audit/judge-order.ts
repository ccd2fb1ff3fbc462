// The rule that holds the three accounts of one order against each other: what its client was told, what its stream
// tells, what stands at the exchange. Pure: when each account was taken is the caller's care.
import type { ExistingOrder, OrderTerms } from '@orders/domain/order-types';
import type { Finding } from './audit-report.ts';
import type { StreamFacts } from './stream-facts.ts';

export type Placement = { exchange_order_id: string; terms: OrderTerms };

export type OrderEvidence = {
  id: string;
  /** `null` when the order has no stream. */
  stream: StreamFacts | null;
  /** The terms that clients were told, as far as they were told: one entry for each different telling. */
  acknowledged: readonly Partial<OrderTerms>[];
  /** How often the ledger has the order, and the first of those entries. */
  entries: number;
  placements: readonly Placement[];
};

export type Verdict = {
  findings: Finding[];
  /**
   * It stands at the exchange, and its stream does not say why. That may be no more than the moment: the stream is
   * written after the ledger, and has to be looked at again.
   */
  isSuspect: boolean;
};

export function judgeOrder(evidence: OrderEvidence): Verdict {
  const { id, stream } = evidence;
  const reasons =
    stream === null
      ? [...withoutStream(evidence)]
      : [...brokenStream(id, stream), ...outcome(stream, evidence), ...otherTerms(stream, evidence)];
  reasons.push(...placedTwice(evidence));
  const isSuspect = evidence.entries > 0 && (stream === null || stream.order.status === 'failed');
  return { findings: reasons.map(([kind, reason]) => ({ kind, id, reason })), isSuspect };
}

type Reason = [kind: Finding['kind'], reason: string];

function* withoutStream({ acknowledged, entries, placements }: OrderEvidence): Generator<Reason> {
  if (acknowledged.length > 0) yield ['lost', 'Its client was told that it is stored, and it has no stream.'];
  if (entries > 0) yield ['unexplained', `Stands in the ledger as ${references(placements)}, and has no stream.`];
}

function* brokenStream(id: string, { order, first_event, unreadable }: StreamFacts): Generator<Reason> {
  if (unreadable !== null) {
    const { type, revision } = unreadable;
    yield ['unexplained', `Its stream holds an event that this version cannot read: ${type} at revision ${revision}.`];
  }
  if (first_event !== null && first_event !== 'OrderPlaced')
    yield ['unexplained', `Its stream begins with ${first_event} and not with OrderPlaced.`];
  if (order.status !== 'absent' && order.id !== id)
    yield ['unexplained', `Its stream tells of another order: ${order.id}.`];
}

function* outcome(stream: StreamFacts, { entries, placements }: OrderEvidence): Generator<Reason> {
  const { order, exchange_order_ids } = stream;
  if (exchange_order_ids.length > 1)
    yield ['duplicated', `Its stream says that it was placed more than once: as ${exchange_order_ids.join(' and ')}.`];
  if (order.status === 'submitted') {
    const { exchange_order_id } = order;
    if (entries === 0) yield ['lost', `Submitted as ${exchange_order_id}, and not in the ledger.`];
    else if (!placements.some((placement) => placement.exchange_order_id === exchange_order_id))
      yield ['duplicated', `Submitted as ${exchange_order_id}, but in the ledger as ${references(placements)}.`];
  }
  if (order.status === 'failed' && entries > 0) {
    const standing = `stands in the ledger as ${references(placements)}`;
    yield ['unexplained', `Its stream says that it failed (${order.code}), that is: not placed; but it ${standing}.`];
  }
}

function* otherTerms({ order }: StreamFacts, { acknowledged, placements }: OrderEvidence): Generator<Reason> {
  if (order.status === 'absent') return;
  for (const told of acknowledged) {
    const differences = differencesFrom(order, told);
    if (differences !== '') yield ['unexplained', `Stored with other terms than its client was told: ${differences}.`];
  }
  for (const { exchange_order_id, terms } of placements) {
    const differences = differencesFrom(order, terms);
    if (differences !== '')
      yield ['unexplained', `Stored with other terms than it was placed with as ${exchange_order_id}: ${differences}.`];
  }
}

function* placedTwice({ entries, placements }: OrderEvidence): Generator<Reason> {
  if (entries > 1) yield ['duplicated', `Stands ${entries} times in the ledger: as ${references(placements)}.`];
}

const termNames = ['type', 'side', 'instrument', 'limit_price', 'quantity'] as const;

function differencesFrom({ terms: stored }: ExistingOrder, other: Partial<OrderTerms>): string {
  return termNames
    .filter((name) => name in other && other[name] !== stored[name])
    .map((name) => `${name} ${String(stored[name])} is stored, ${String(other[name])} is there`)
    .join(', ');
}

const references = (placements: readonly Placement[]): string =>
  placements.map(({ exchange_order_id }) => exchange_order_id).join(' and ');
