// `orders at`: what an order was at a moment of its past, by the same fold that makes what consumers see.
import { eventJson } from '@orders/order-store/event-json';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { detailsText } from '../event-words.ts';
import { type ExitCode, exitCodes, UnusableInputError } from '../failures.ts';
import { type LogPlace, logPlace } from '../log-place.ts';
import { orderId } from './order-id.ts';
import { orderLines } from './order-lines.ts';
import { momentOf, type OrderPast, pastsOf } from './order-past.ts';
import { sayUnknown, sayUnreadable } from './show-command.ts';

type AtFlags = EventStoreFlags & { time?: LogPlace; position?: LogPlace; json?: true };

const examples = `
Examples:
  After the event at a position of the log, as orders tail shows it:
  $ orders at 019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e --position 450
  order     019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e
  status    submitting
  terms     buy 5 DE0007164600 @ 120.50
  account   default
  placed    2026-11-23T05:46:42.884Z
  attempts  1

  last event: 1 SubmissionStarted (attempt 1), recorded 2026-11-23T05:46:42.979Z at position 450

  Two hours ago; the status only:
  $ orders at 019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e --time 2h --json | jq -r .order.status

An event counts from the millisecond on at which the event store recorded it.`;

export function addAtCommand(program: Command, context: CommandContext): void {
  program
    .command('at')
    .summary('show what an order was at a time, or at a position of the log')
    .description('Shows what an order was at a time, or at a position of the log.')
    .argument('<id>', 'the id of the order, the name of its stream, or its URL', orderId)
    .option('--time <time>', 'such as 2026-01-31T08:00Z or 2026-01-31 (UTC), or 15m, 2h, 3d ago', placeOf('time'))
    .addOption(
      new Option('--position <position>', 'of an event in the log').argParser(placeOf('position')).conflicts('time'),
    )
    .option('--json', 'print one JSON document')
    .option(...eventStoreOption)
    .addHelpText('after', examples)
    .action(async (id: string, flags: AtFlags) => context.ended(await at(id, flags, context)));
}

const placeOf = (kind: 'time' | 'position') => (text: string) => {
  const place = logPlace(text);
  if (place.kind !== kind) throw new InvalidArgumentError(`It is no ${kind}.`);
  return place;
};

function at(id: string, flags: AtFlags, context: CommandContext): Promise<ExitCode> {
  const place = flags.time ?? flags.position;
  if (place === undefined) throw new UnusableInputError('--time or --position is needed');
  return withEventStore(flags, context, async (connection) => {
    const moment = await momentOf(connection, place);
    let then: OrderPast | null = null;
    for await (const past of pastsOf(connection, id)) {
      if (past.last !== null && !moment(past.last)) break;
      then = past;
    }
    if (then === null) return sayUnknown(id, context);
    if (then.last === null) {
      context.writeError(`orders: order ${id} did not exist yet\n`);
      return exitCodes.notClean;
    }
    context.write(flags.json === true ? jsonOf(then) : linesOf(then, context));
    return sayUnreadable(then, context);
  });
}

function jsonOf({ view, last }: OrderPast): string {
  return `${JSON.stringify({ order: view, last_event: last === null ? null : eventJson(last) }, null, 2)}\n`;
}

function linesOf({ view, last }: OrderPast, context: CommandContext): string {
  const head = view === null ? '' : orderLines(view, context);
  if (last === null) return head;
  const { event, revision, position, recordedAt } = last;
  const what = `${event.type} (${detailsText(event)})`;
  return `${head}\nlast event: ${revision} ${what}, recorded ${recordedAt.toISOString()} at position ${position.commit}\n`;
}
