// Places in the log as people name them: its start, its present end, a position, a time, or how long ago. A name that
// fits nothing is refused: a command that began or ended somewhere else would give a wrong answer without a word.
import type { EventStoreDBClient } from '@eventstore/db-client';
import { BACKWARDS } from '@eventstore/db-client';
import { holdsEvent, placeInTime } from '@orders/order-store/log-position';
import type { LogPosition } from '@orders/order-store/order-store';
import { readLogEnd } from '@orders/order-store/store-identity';
import { InvalidArgumentError } from 'commander';
import { askEventStore } from './event-store.ts';
import { UnusableInputError } from './failures.ts';

export type LogPlace =
  | { kind: 'start' }
  | { kind: 'now' }
  | { kind: 'position'; commit: bigint }
  | { kind: 'time'; time: Date };

export const logPlaceForms = 'a position, a time such as 2026-01-31T08:00Z or 2026-01-31 (UTC), or 15m, 2h, 3d ago';

const positionMax = 2n ** 64n - 1n;
const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** For commander. `now`: what times ago are counted from. */
export function logPlace(text: string, now = new Date()): LogPlace {
  if (text === 'start' || text === 'now') return { kind: text };
  const place = logPosition(text) ?? timeOf(text, now);
  if (place === null) throw new InvalidArgumentError(`It is to be ${logPlaceForms}.`);
  return place;
}

function logPosition(text: string): LogPlace | null {
  if (!/^\d{1,20}$/.test(text)) return null;
  const commit = BigInt(text);
  return commit > positionMax ? null : { kind: 'position', commit };
}

function timeOf(text: string, now: Date): LogPlace | null {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) {
    const agoMs = Number(amount) * unitMs[unit as keyof typeof unitMs];
    return { kind: 'time', time: new Date(now.getTime() - agoMs) };
  }
  const at = new Date(text);
  // Date takes the 31st of February for a day in March.
  if (!time.test(text) || Number.isNaN(at.getTime()) || !isDay(text.slice(0, 10))) return null;
  return { kind: 'time', time: at };
}

const isDay = (day: string): boolean => {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
};

/**
 * The last event before the place, so that a reading that begins behind it begins with the place; `null` for the start
 * of the log. Throws `UnusableInputError` for a position without an event and for a time in the future.
 */
export function beforePlace(client: EventStoreDBClient, place: LogPlace): Promise<LogPosition | null> {
  return askEventStore(async () => {
    if (place.kind === 'start') return null;
    if (place.kind === 'now') return readLogEnd(client);
    if (place.kind === 'position') return eventBefore(client, await existing(client, place.commit));
    return lastBefore(client, place.time, 0);
  });
}

/**
 * The last event up to the place, the event at the place included; `null` when there is none. Throws
 * `UnusableInputError` for a position without an event and for a time in the future: such a range would still grow.
 */
export function upToPlace(client: EventStoreDBClient, place: LogPlace): Promise<LogPosition | null> {
  return askEventStore(async () => {
    if (place.kind === 'start') return null;
    if (place.kind === 'now') return readLogEnd(client);
    if (place.kind === 'position') return existing(client, place.commit);
    return lastBefore(client, place.time, 1);
  });
}

/** Throws `UnusableInputError` for a time to come: what lies before it is not known yet. */
export function refuseFuture(time: Date): void {
  if (time.getTime() > Date.now()) throw new UnusableInputError(`${time.toISOString()} lies in the future`);
}

/** The last event that was recorded earlier than so many milliseconds after the time. */
async function lastBefore(client: EventStoreDBClient, time: Date, afterMs: number): Promise<LogPosition | null> {
  refuseFuture(time);
  const place = await placeInTime(client, new Date(time.getTime() + afterMs));
  return place.kind === 'found' ? place.before : null;
}

async function existing(client: EventStoreDBClient, commit: bigint): Promise<LogPosition> {
  const position = { commit, prepare: commit };
  const end = await readLogEnd(client);
  if (end === null) throw new UnusableInputError('the log is empty');
  if (commit > end.commit) throw new UnusableInputError(`the log ends at position ${end.commit}, before ${commit}`);
  if (!(await holdsEvent(client, position))) throw new UnusableInputError(`no event stands at position ${commit}`);
  return position;
}

async function eventBefore(client: EventStoreDBClient, position: LogPosition): Promise<LogPosition | null> {
  const read = client.readAll({ direction: BACKWARDS, fromPosition: position, maxCount: 1 });
  return (await Array.fromAsync(read))[0]?.event?.position ?? null;
}
