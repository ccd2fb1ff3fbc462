// Takes orders in: at most one order stands for a client order id, however often and however concurrently it is sent.
// What a caller is told is true of the id and not only of the call, so "absent" waits for the calls that are under way.
import { isDeepStrictEqual } from 'node:util';
import type { ExchangeOrder } from '@orders/stock-exchange/exchange';
import { OrderPlacementError, placeOrder } from '@orders/stock-exchange/place-order';
import { drawLatencyMs, type Faults, rejectReason } from './faults.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';

export type PlacementVerdict =
  | { kind: 'accepted'; entry: LedgerEntry }
  /** The order stands since an earlier call. */
  | { kind: 'repeated'; entry: LedgerEntry }
  /** An order of other terms has the client order id, or is about to get it. */
  | { kind: 'in_use' }
  | { kind: 'rejected'; reason: string }
  | { kind: 'not_placed'; reason: string }
  /** Of an order that stands, or may in a moment, an outage must not claim that nothing was placed. */
  | { kind: 'unavailable' }
  /** The order stands, but nobody may be told. */
  | { kind: 'answer_lost' }
  | { kind: 'hang' };

export type QueryVerdict =
  | { kind: 'found'; entry: LedgerEntry }
  | { kind: 'absent' }
  | { kind: 'unavailable' }
  | { kind: 'hang' };

export type OrderDeskDeps = { ledger: Ledger; faults: () => Faults; random: () => number };
export type OrderDesk = ReturnType<typeof orderDesk>;

type AttemptVerdict = Extract<
  PlacementVerdict,
  { kind: 'accepted' | 'repeated' | 'in_use' | 'rejected' | 'not_placed' }
>;

const outageReason = 'Connection not available: the exchange is out of service';

export function orderDesk({ ledger, faults, random }: OrderDeskDeps) {
  // As many as there are connections: each entry belongs to a call that waits for its answer.
  const underWay = new Map<string, { order: ExchangeOrder; verdict: Promise<AttemptVerdict> }>();

  /** Rejects only if the ledger fails: then nothing is known. */
  async function place(order: ExchangeOrder): Promise<PlacementVerdict> {
    const { hang, outage, ...knobs } = faults();
    const { clientOrderId } = order;
    if (hang) return { kind: 'hang' };
    const standing = ledger.find(clientOrderId);
    const twin = underWay.get(clientOrderId);
    if (outage) return standing || twin ? { kind: 'unavailable' } : { kind: 'not_placed', reason: outageReason };
    if (standing) return compare(standing, order);
    if (twin) return isDeepStrictEqual(twin.order, order) ? asRepeat(await twin.verdict) : { kind: 'in_use' };

    const verdict = attempt(order, knobs).finally(() => underWay.delete(clientOrderId));
    underWay.set(clientOrderId, { order, verdict });
    const settled = await verdict;
    const isLost = settled.kind === 'accepted' && random() < knobs.lose_answer_rate;
    return isLost ? { kind: 'answer_lost' } : settled;
  }

  async function attempt(order: ExchangeOrder, knobs: Omit<Faults, 'hang' | 'outage'>): Promise<AttemptVerdict> {
    const rejected = rejectReason(knobs.reject, order);
    if (rejected !== undefined) return { kind: 'rejected', reason: rejected };
    try {
      const latencyMs = drawLatencyMs(knobs.latency, random);
      await placeOrder(order, { failureRate: knobs.failure_rate, latencyMs, random });
    } catch (error) {
      if (error instanceof OrderPlacementError) return { kind: 'not_placed', reason: error.message };
      throw error;
    }
    const { entry, isNew } = await ledger.record(order);
    return isNew ? { kind: 'accepted', entry } : compare(entry, order);
  }

  /** Rejects only if the ledger fails. */
  async function query(clientOrderId: string): Promise<QueryVerdict> {
    const { hang, outage } = faults();
    if (hang) return { kind: 'hang' };
    if (outage) return { kind: 'unavailable' };
    await underWay.get(clientOrderId)?.verdict;
    const entry = ledger.find(clientOrderId);
    return entry ? { kind: 'found', entry } : { kind: 'absent' };
  }

  return { place, query, underWay: () => underWay.size };
}

function compare(entry: LedgerEntry, { terms }: ExchangeOrder): AttemptVerdict {
  const { type, side, instrument, limit_price, quantity } = entry;
  const same = isDeepStrictEqual({ type, side, instrument, limit_price, quantity }, terms);
  return same ? { kind: 'repeated', entry } : { kind: 'in_use' };
}

const asRepeat = (verdict: AttemptVerdict): AttemptVerdict =>
  verdict.kind === 'accepted' ? { kind: 'repeated', entry: verdict.entry } : verdict;
