// `orders diff`: what changed about an order between two moments, and the events that changed it.
import { isDeepStrictEqual } from 'node:util';
import { eventJson } from '@orders/order-store/event-json';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { OrderView } from '@orders/read-model/order-view';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { detailsText } from '../event-words.ts';
import { type ExitCode, exitCodes, UnusableInputError } from '../failures.ts';
import { type LogPlace, logPlace, logPlaceForms } from '../log-place.ts';
import { printable, textTable } from '../printable.ts';
import { orderId } from './order-id.ts';
import { momentOf, type OrderPast, pastsOf } from './order-past.ts';
import { sayUnknown, sayUnreadable } from './show-command.ts';

type DiffFlags = EventStoreFlags & { json?: true };

const examples = `
Examples:
  $ orders diff 019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e 450 now
  FIELD              FROM        TO
  status             submitting  submitted
  attempts           1           2
  exchange_order_id  -           X-000417
  submitted_at       -           2026-11-23T05:46:44.504Z
  revision           1           4

  REV  RECORDED                  EVENT                    DETAILS
  2    2026-11-23T05:46:43.486Z  SubmissionAttemptFailed  attempt 1: Connection not available
  3    2026-11-23T05:46:43.982Z  SubmissionStarted        attempt 2
  4    2026-11-23T05:46:44.506Z  OrderSubmitted           X-000417 after 2 attempts

  All of its life, and one hour of it:
  $ orders diff 019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e start now
  $ orders diff 019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e 2026-11-23T05:00Z 2026-11-23T06:00Z --json`;

export function addDiffCommand(program: Command, context: CommandContext): void {
  program
    .command('diff')
    .summary('show what changed about an order between two moments')
    .description('Shows what changed about an order between two moments, and the events that changed it.')
    .argument('<id>', 'the id of the order, the name of its stream, or its URL', orderId)
    .argument('<from>', `the earlier moment: start, ${logPlaceForms}`, (text: string) => logPlace(text))
    .argument('<to>', 'the later moment, in the same forms; now for the present', (text: string) => logPlace(text))
    .option('--json', 'print one JSON document')
    .option(...eventStoreOption)
    .addHelpText('after', examples)
    .action(async (id: string, from: LogPlace, to: LogPlace, flags: DiffFlags) =>
      context.ended(await diff(id, { from, to }, { flags, context })),
    );
}

type Change = { field: string; from: unknown; to: unknown };
type Caller = { flags: DiffFlags; context: CommandContext };

// More would be no difference any more, but a history, which orders show has.
const eventsMax = 1_000;

function diff(
  id: string,
  { from, to }: { from: LogPlace; to: LogPlace },
  { flags, context }: Caller,
): Promise<ExitCode> {
  if (isBackwards(from, to)) throw new UnusableInputError('the first moment is later than the second one');
  return withEventStore(flags, context, async (connection) => {
    const [isBefore, isUntil] = [await momentOf(connection, from), await momentOf(connection, to)];
    let before: OrderPast | null = null;
    let after: OrderPast | null = null;
    const between: RecordedOrderEvent[] = [];
    for await (const past of pastsOf(connection, id)) {
      const { last } = past;
      if (last === null) {
        before = past;
        after = past;
      } else if (isBefore(last)) {
        // Of a time and a position, only the events of the order can tell which is later.
        if (!isUntil(last)) throw new UnusableInputError('the first moment is later than the second one');
        before = past;
        after = past;
      } else if (isUntil(last)) {
        after = past;
        if (between.length < eventsMax && between.at(-1) !== last) between.push(last);
      } else break;
    }
    if (before === null || after === null) return sayUnknown(id, context);
    if (after.last === null) {
      context.writeError(`orders: order ${id} did not exist yet at either moment\n`);
      return exitCodes.notClean;
    }
    const changes = changesBetween(before.view, after.view);
    context.write(flags.json === true ? jsonOf(changes, between) : linesOf(changes, between));
    return sayUnreadable(after, context);
  });
}

function isBackwards(from: LogPlace, to: LogPlace): boolean {
  if (to.kind === 'start') return from.kind !== 'start';
  if (from.kind === 'now') return to.kind !== 'now';
  if (from.kind === 'time' && to.kind === 'time') return from.time > to.time;
  return from.kind === 'position' && to.kind === 'position' && from.commit > to.commit;
}

/** Field by field; everything is new about an order that was not there before. */
function changesBetween(from: OrderView | null, to: OrderView | null): Change[] {
  const [old, young]: Record<string, unknown>[] = [from ?? {}, to ?? {}];
  const fields = new Set([...Object.keys(old ?? {}), ...Object.keys(young ?? {})]);
  return [...fields]
    .map((field) => ({ field, from: old?.[field] ?? null, to: young?.[field] ?? null }))
    .filter((change) => !isDeepStrictEqual(change.from, change.to));
}

const jsonOf = (changes: readonly Change[], events: readonly RecordedOrderEvent[]): string =>
  `${JSON.stringify({ changes, events: events.map(eventJson) }, null, 2)}\n`;

function linesOf(changes: readonly Change[], events: readonly RecordedOrderEvent[]): string {
  if (events.length === 0) return 'nothing changed\n';
  const rows = changes.map(({ field, from, to }) => [field, valueText(from), valueText(to)]);
  const steps = events.map(({ event, revision, recordedAt }) => [
    String(revision),
    recordedAt.toISOString(),
    event.type,
    detailsText(event),
  ]);
  const table = textTable(['FIELD', 'FROM', 'TO'], rows);
  return `${table}\n${textTable(['REV', 'RECORDED', 'EVENT', 'DETAILS'], steps)}`;
}

function valueText(value: unknown): string {
  if (value === null) return '-';
  if (typeof value === 'string') return printable(value);
  if (typeof value === 'object' && 'code' in value && 'reason' in value) return `${value.code}: ${value.reason}`;
  return JSON.stringify(value);
}
