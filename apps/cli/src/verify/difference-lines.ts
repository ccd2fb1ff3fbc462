import { printable } from '../printable.ts';
import type { Differences } from './differences.ts';

const listedMax = 20;

/** For people: each of the first ones, and how many there are of what kind. */
export function* differenceLines(differences: Differences): Generator<string> {
  const { count, listed, byKind } = differences;
  if (count() === 0) return;
  const kinds = Object.entries(byKind()).map(([kind, number]) => `${number} ${kind}`);
  yield `${counted(count(), 'difference')}: ${kinds.join(', ')}\n`;
  for (const { kind, id, detail } of listed.slice(0, listedMax))
    yield `${kind} ${printable(id)}: ${printable(detail)}\n`;
  if (count() > listedMax) yield `and ${whole(count() - listedMax)} more\n`;
}

export const whole = (number: number): string => number.toLocaleString('en-US');

export const counted = (number: number, what: string): string => `${whole(number)} ${what}${number === 1 ? '' : 's'}`;
