// Whether what the read model holds of one order is what its events say. Pure, and the one judgement of both commands:
// a rebuild may not pass what a verification objects to.
import { isDeepStrictEqual } from 'node:util';
import { isLater, type LogPosition, type RecordedOrderEvent } from '@orders/order-store/order-store';
import { type FoundOrder, indexEntriesOf } from '@orders/read-model/model-indexes';
import { type OrderView, viewOfHistory } from '@orders/read-model/order-view';
import type { Difference } from './differences.ts';

/** `truth`: what its events say, as far as the read model may know them; `null` for an order that there is not. */
export function judgeView(id: string, truth: OrderView | null, found: FoundOrder): Difference[] {
  if (truth === null) return judgeUnknown(id, found);
  return [...judgeContent(id, truth, found), ...judgeEntries(id, truth, found)];
}

function judgeUnknown(id: string, { view, unreadable, entries }: FoundOrder): Difference[] {
  if (view === null && unreadable === null && entries.size === 0) return [];
  const what = view !== null || unreadable !== null ? 'a view' : `an entry in ${[...entries.keys()].join(', ')}`;
  return [{ kind: 'extra', id, detail: `There is ${what}, and no such order in the log.` }];
}

function judgeContent(id: string, truth: OrderView, { view, unreadable }: FoundOrder): Difference[] {
  if (unreadable !== null) return [{ kind: 'different', id, detail: 'Its view is nothing that can be read.' }];
  if (view === null) return [{ kind: 'missing', id, detail: `The log has it at revision ${truth.revision}.` }];
  if (isDeepStrictEqual(view, truth)) return [];
  if (view.revision < truth.revision)
    return [{ kind: 'behind', id, detail: `Its view is at revision ${view.revision} of ${truth.revision}.` }];
  const fields = new Set([...Object.keys(truth), ...Object.keys(view)]) as Set<keyof OrderView>;
  const said = [...fields]
    .filter((field) => !isDeepStrictEqual(view[field], truth[field]))
    .map((field) => `${field} is ${JSON.stringify(view[field])} instead of ${JSON.stringify(truth[field])}`);
  return [{ kind: 'different', id, detail: `In its view, ${said.join('; ')}.` }];
}

function judgeEntries(id: string, truth: OrderView, { entries }: FoundOrder): Difference[] {
  const wanted = indexEntriesOf(truth);
  return [...new Set([...wanted.keys(), ...entries.keys()])].flatMap((name): Difference[] => {
    const [at, placedAt] = [entries.get(name), wanted.get(name)];
    if (at === placedAt) return [];
    if (at === undefined) return [{ kind: 'not indexed', id, detail: `It does not stand in ${name}.` }];
    if (placedAt === undefined) return [{ kind: 'wrongly indexed', id, detail: `It stands in ${name}.` }];
    const [is, should] = [at, placedAt].map(timeText);
    return [{ kind: 'wrong time', id, detail: `It stands in ${name} at ${is} instead of ${should}.` }];
  });
}

// A score may be a number that is no time.
const timeText = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));

/** What the events of an order said at a position of the log; `null` for not yet placed. */
export const viewAt = (history: readonly RecordedOrderEvent[], position: LogPosition | null): OrderView | null =>
  viewOfHistory(history.filter((recorded) => !isLater(recorded.position, position)));

/** What the events up to a revision say. */
export const viewUpTo = (history: readonly RecordedOrderEvent[], revision: number): OrderView | null =>
  viewOfHistory(history.filter((recorded) => Number(recorded.revision) <= revision));
