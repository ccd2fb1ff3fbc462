// Exchanges with a ledger that nobody can lie to. They differ in what they offer after an answer was lost: a repeat
// that is recognised and a query, a query only, or neither.
import type {
  Exchange,
  ExchangeOrder,
  PlacementOutcome,
  QueryOutcome,
  UnknownOutcomePolicy,
} from '@orders/stock-exchange/exchange';
import type { Calls } from './calls.ts';
import type { Process, Turns } from './turns.ts';

export const exchangeKinds = ['idempotent', 'queryable', 'bare, park', 'bare, retry'] as const;
export type ExchangeKind = (typeof exchangeKinds)[number];

export const exchangeConditions = [
  'open',
  'refusing',
  'down',
  'failing',
  'losing answers',
  'delaying',
  'swallowing',
] as const;
export type ExchangeCondition = (typeof exchangeConditions)[number];

export type LedgerEntry = { orderId: string; exchangeOrderId: string };

export const absenceProvenAfterMs = 60_000;

/** How a call ends in each condition, unless something else happens to it. */
const endIn = {
  open: 'ok',
  refusing: 'ok',
  down: 'ok',
  failing: 'not placed',
  'losing answers': 'answer lost',
  delaying: 'late',
  swallowing: 'never arrives',
} as const satisfies Record<ExchangeCondition, string>;

type ExchangeDeps = { turns: Turns; calls: Calls; nowMs: () => number; see: (what: string) => void };

export type MemoryExchange = ReturnType<typeof memoryExchange>;

const placeEnds = [
  'ok',
  'answer lost',
  'late',
  'not placed',
  'pause',
  'slow answer',
  'never arrives',
  'crash',
] as const;

export function memoryExchange(kind: ExchangeKind, { turns, calls, nowMs, see }: ExchangeDeps) {
  const ledger: LedgerEntry[] = [];
  const state = { condition: 'open' as ExchangeCondition };
  const recognisesRepeats = kind === 'idempotent';
  const canBeAsked = kind === 'idempotent' || kind === 'queryable';
  const standing = (orderId: string) => ledger.find((entry) => entry.orderId === orderId);

  /** The call has arrived. */
  function take({ clientOrderId: orderId }: ExchangeOrder): PlacementOutcome {
    const earlier = standing(orderId);
    if (state.condition === 'down') {
      return recognisesRepeats && earlier
        ? unknown('out of service')
        : { kind: 'not_placed', reason: 'out of service' };
    }
    if (recognisesRepeats && earlier) return { kind: 'confirmed', exchangeOrderId: earlier.exchangeOrderId };
    if (state.condition === 'refusing') return { kind: 'refused', reason: 'trading is halted' };
    const exchangeOrderId = `x-${ledger.length + 1}`;
    ledger.push({ orderId, exchangeOrderId });
    turns.note('exchange', `has ${orderId} as ${exchangeOrderId}`);
    return { kind: 'confirmed', exchangeOrderId };
  }

  async function place(process: Process, order: ExchangeOrder): Promise<PlacementOutcome> {
    const byMs = canBeAsked ? nowMs() + absenceProvenAfterMs - 1 : undefined;
    const label = `place ${order.clientOrderId}`;
    const arrive = () => {
      if (take(order).kind === 'confirmed') see('order arrived late');
    };
    const onSent = () => calls.arrivesLater(label, arrive, byMs);
    const deadline = byMs === undefined ? {} : { deadline: { ms: byMs, end: 'slow answer' } };
    const drawn = await turns.park(process, label, placeEnds, { onSent, ...deadline });
    const end = drawn === 'ok' ? endIn[state.condition] : drawn;
    if (end !== 'ok') see(`place ${end}`);
    switch (end) {
      case 'ok':
        return take(order);
      case 'pause':
        calls.pause(process);
        return calls.answerSlowly(process, label, () => take(order));
      case 'slow answer':
        return calls.answerSlowly(process, label, () => take(order));
      case 'answer lost':
        take(order);
        return unknown('the answer was lost');
      case 'late':
        onSent();
        return unknown('no answer in time');
      case 'never arrives':
        return unknown('no answer in time');
      case 'not placed':
        return { kind: 'not_placed', reason: 'Connection not available' };
      case 'crash':
        take(order);
        return calls.diedAt(process);
    }
  }

  async function query(process: Process, orderId: string): Promise<QueryOutcome> {
    const label = `query ${orderId}`;
    const answer = (): QueryOutcome => {
      const earlier = standing(orderId);
      if (state.condition === 'down') return unknown('out of service');
      return earlier ? { kind: 'found', exchangeOrderId: earlier.exchangeOrderId } : { kind: 'absent' };
    };
    const end = await turns.park(process, label, ['ok', 'unknown', 'slow answer', 'pause', 'crash']);
    if (end === 'unknown') return unknown('no answer in time');
    if (end === 'crash') return calls.diedAt(process);
    if (end === 'pause') calls.pause(process);
    return end === 'ok' ? answer() : calls.answerSlowly(process, label, answer);
  }

  const unknownPolicy: UnknownOutcomePolicy = kind === 'bare, retry' ? 'retry' : 'park';

  return {
    ledger: ledger as readonly LedgerEntry[],
    state,
    kind,
    canBeAsked,
    adapterOf: (process: Process): Exchange => ({
      place: (order) => place(process, order),
      query: canBeAsked ? (orderId) => query(process, orderId) : null,
      repeatIsSafe: recognisesRepeats,
      absenceProvenAfterMs: canBeAsked ? absenceProvenAfterMs : Number.POSITIVE_INFINITY,
      unknownPolicy,
    }),
  };
}

const unknown = (reason: string): { kind: 'unknown'; reason: string } => ({ kind: 'unknown', reason });
