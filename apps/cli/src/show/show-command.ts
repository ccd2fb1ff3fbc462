// `orders show`: all that became of one order, with the time that each step took, straight from its stream. Only the
// newest events of a very long history are kept, so that the output ends.
import { eventJson } from '@orders/order-store/event-json';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { formatDuration } from '../duration.ts';
import { type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { detailsText, eventFormats } from '../event-words.ts';
import { type ExitCode, exitCodes } from '../failures.ts';
import { count } from '../option-values.ts';
import { orderId } from './order-id.ts';
import { orderLines } from './order-lines.ts';
import { type OrderPast, pastsOf } from './order-past.ts';
import { type OrderWaits, tallyWaits } from './order-waits.ts';

type ShowFlags = EventStoreFlags & { limit: number; json?: true };

const examples = `
Examples:
  $ orders show 019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e
  order     019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e
  status    submitted
  terms     buy 5 DE0007164600 @ 120.50
  account   default
  placed    2026-11-23T05:46:42.884Z
  exchange  X-000417, submitted 2026-11-23T05:46:44.504Z
  attempts  2

  REV  RECORDED                       WAITED  EVENT                    DETAILS
    0  2026-11-23T05:46:42.945Z               OrderPlaced              buy 5 DE0007164600 @ 120.50…
    1  2026-11-23T05:46:42.979Z       +34 ms  SubmissionStarted        attempt 1
    2  2026-11-23T05:46:43.486Z      +507 ms  SubmissionAttemptFailed  attempt 1: Connection not …
    3  2026-11-23T05:46:43.982Z      +496 ms  SubmissionStarted        attempt 2
    4  2026-11-23T05:46:44.506Z      +524 ms  OrderSubmitted           X-000417 after 2 attempts

  waiting 34 ms + in attempts 1.03 s + between attempts 496 ms = 1.56 s

  The id as it stands in a Location header, and only what the order is now:
  $ orders show http://localhost:8000/orders/019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e --json | jq .order

It reads the stream of the order, so it knows what the read model may not know yet.`;

export function addShowCommand(program: Command, context: CommandContext): void {
  program
    .command('show')
    .summary('show all that became of an order: every step, how long it took, and why')
    .description('Shows all that became of an order: every step with its time, how long it took, and why.')
    .argument('<id>', 'the id of the order, the name of its stream, or its URL', orderId)
    .option('--limit <events>', 'the newest events only', count, 1_000)
    .option('--json', 'print one JSON document')
    .option(...eventStoreOption)
    .addHelpText('after', examples)
    .action(async (id: string, flags: ShowFlags) => context.ended(await show(id, flags, context)));
}

type History = {
  past: OrderPast;
  waits: OrderWaits;
  /** The newest ones, oldest first. */
  events: RecordedOrderEvent[];
  leftOut: number;
};

function show(id: string, flags: ShowFlags, context: CommandContext): Promise<ExitCode> {
  return withEventStore(flags, context, async (connection) => {
    const history: History = { past: { view: null, last: null, unreadable: 0 }, ...noEvents() };
    const tally = tallyWaits();
    let exists = false;
    for await (const past of pastsOf(connection, id)) {
      exists = true;
      history.past = past;
      if (past.last === null || past.last === history.events.at(-1)) continue;
      tally.add(past.last);
      history.events.push(past.last);
      if (history.events.length < 2 * flags.limit) continue;
      history.leftOut += history.events.splice(0, history.events.length - flags.limit).length;
    }
    if (!exists) return sayUnknown(id, context);
    history.leftOut += history.events.splice(0, Math.max(0, history.events.length - flags.limit)).length;
    history.waits = tally.waits();
    for (const text of flags.json === true ? jsonOf(history) : linesOf(history, context)) {
      context.write(text);
      await context.drained();
    }
    return sayUnreadable(history.past, context);
  });
}

const noEvents = () => ({ waits: tallyWaits().waits(), events: [], leftOut: 0 });

export function sayUnknown(id: string, { writeError }: CommandContext): ExitCode {
  writeError(`orders: there is no order ${id}\n`);
  return exitCodes.notClean;
}

export function sayUnreadable({ view, unreadable }: OrderPast, { writeError }: CommandContext): ExitCode {
  if (unreadable > 0)
    writeError(`orders: left out, since this version cannot read them: ${unreadable} of its events\n`);
  if (view === null) writeError('orders: the stream does not begin with the placement of an order\n');
  return unreadable > 0 || view === null ? exitCodes.notClean : exitCodes.clean;
}

/** In pieces: a history may be longer than a string should be. */
function* jsonOf({ past, waits, events, leftOut }: History): Generator<string> {
  const head = JSON.stringify({ order: past.view, waits_ms: waits, events_left_out: leftOut }, null, 2);
  yield `${head.slice(0, -2)},\n  "events": [`;
  for (const [index, event] of events.entries())
    yield `${index === 0 ? '' : ','}\n    ${JSON.stringify(eventJson(event))}`;
  yield events.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
}

function* linesOf({ past, waits, events, leftOut }: History, context: CommandContext): Generator<string> {
  if (past.view !== null) yield `${orderLines(past.view, context)}\n`;
  const revision = Math.max(3, String(events.at(-1)?.revision ?? 0).length);
  const line = (...[rev, time, wait, event, details]: [string, string, string, string, string]) =>
    `${[rev.padStart(revision), time.padEnd(24), wait.padStart(11), event.padEnd(23), details].join('  ').trimEnd()}\n`;
  yield context.paint('bold', line('REV', 'RECORDED', 'WAITED', 'EVENT', 'DETAILS'));
  if (leftOut > 0) yield context.paint('dim', `${leftOut} earlier events are left out (--limit)\n`);
  let before: Date | null = null;
  for (const { event, revision: number, recordedAt } of events) {
    const waited = before === null ? '' : `+${formatDuration(recordedAt.getTime() - before.getTime())}`;
    before = recordedAt;
    const text = line(String(number), recordedAt.toISOString(), waited, event.type, detailsText(event));
    const format = eventFormats[event.type];
    yield format === null ? text : text.replace(event.type, () => context.paint(format, event.type));
  }
  yield `\n${waitsText(waits)}\n`;
}

function waitsText({ until_first_attempt, in_attempts, between_attempts, in_all }: OrderWaits): string {
  if (until_first_attempt === null) return 'no attempt yet';
  const between = between_attempts === 0 ? '' : ` + between attempts ${formatDuration(between_attempts)}`;
  const parts = `waiting ${formatDuration(until_first_attempt)} + in attempts ${formatDuration(in_attempts)}${between}`;
  return `${parts} = ${formatDuration(in_all)}`;
}
