// `orders tail`: the log as it was and as it grows, for eyes and for pipes. What leaves it has no gap and no repeat,
// and ends with a whole line whenever it ends.
import { type OrderSide, type OrderStatus, orderEventTypes, orderStatuses } from '@orders/domain/order-types';
import type { EventStoreConnection } from '@orders/order-store/event-store-connection';
import { isLater, type LogPosition, type RecordedOrderEvent } from '@orders/order-store/order-store';
import { readLogEnd } from '@orders/order-store/store-identity';
import { applyToView, type OrderView } from '@orders/read-model/order-view';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext, StopReason } from '../command-context.ts';
import { askEventStore, type EventStoreFlags, eventStoreOption, withEventStore } from '../event-store.ts';
import { type ExitCode, exitCodes, oneLine, UnusableInputError } from '../failures.ts';
import { beforePlace, type LogPlace, logPlace, logPlaceForms, upToPlace } from '../log-place.ts';
import { choiceOption, instruments } from '../option-values.ts';
import { readOrderStream } from '../order-stream.ts';
import { printable } from '../printable.ts';
import { eventFilter } from './event-filter.ts';
import { blocksOf, eventTable, jsonLine } from './event-lines.ts';
import { tailEvents } from './tail-events.ts';
import { tailExamples } from './tail-examples.ts';

type TailFlags = EventStoreFlags & {
  from?: LogPlace;
  after?: LogPlace;
  until?: LogPlace;
  follow: boolean;
  type?: ReadonlySet<RecordedOrderEvent['event']['type']>;
  instrument?: ReadonlySet<string>;
  side?: ReadonlySet<OrderSide>;
  status?: ReadonlySet<OrderStatus>;
  json?: true;
};

const sides = ['buy', 'sell'] as const satisfies readonly OrderSide[];
const unreadableShownMax = 5;

export function addTailCommand(program: Command, context: CommandContext): void {
  program
    .command('tail')
    .summary('show events of orders: those that were, and those that come')
    .description('Shows the events of all orders in the order of the log: first those that were, then those that come.')
    .option('--from <place>', `begin here: start, now, ${logPlaceForms}`, (text) => logPlace(text))
    .addOption(new Option('--after <position>', 'begin behind the event there').argParser(position).conflicts('from'))
    .option('--until <place>', 'end with this place instead of following the log', (text) => logPlace(text))
    .option('--no-follow', 'end with the last event that there is now')
    .addOption(choiceOption('--type <type,...>', 'only events of these types', orderEventTypes))
    .option('--instrument <code,...>', 'only those of orders for these instruments', instruments)
    .addOption(choiceOption('--side <side,...>', 'only those of orders on this side', sides))
    .addOption(choiceOption('--status <status,...>', 'only those that bring an order into this status', orderStatuses))
    .option('--json', 'print a line of JSON for each event')
    .option(...eventStoreOption)
    .addHelpText('after', tailExamples)
    .action(async (flags: TailFlags) => context.ended(await tail(flags, context)));
}

function position(text: string): LogPlace {
  const place = logPlace(text);
  if (place.kind !== 'position') throw new InvalidArgumentError('It is no position.');
  return place;
}

/** An interruption is how a log that is followed is meant to end; anything else that it ends is not complete. */
function tail(flags: TailFlags, context: CommandContext): Promise<ExitCode> {
  const signal = context.stopping();
  const isEndless = flags.follow && flags.until === undefined;
  const stopped = new Promise<ExitCode>((resolve) => {
    const stop = () => {
      const isDone = isEndless || signal.reason === ('no reader' satisfies StopReason);
      resolve(isDone ? exitCodes.clean : exitCodes.interrupted);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return withEventStore(flags, context, async (connection) => {
    const shown = showEvents(connection, flags, { context, signal });
    // What it still waits for ends with the connection.
    shown.catch(() => undefined);
    return Promise.race([shown, stopped]);
  });
}

type Screen = { context: CommandContext; signal: AbortSignal };

async function showEvents(
  connection: EventStoreConnection,
  flags: TailFlags,
  { context, signal }: Screen,
): Promise<ExitCode> {
  const { write, writeError, drained, blockBytes } = context;
  const { from, until, end } = await rangeOf(connection, flags);
  const table = eventTable({ ...context, end: end?.commit ?? 0n });
  if (flags.json !== true) write(table.titles);
  if (until === 'nothing') return exitCodes.clean;
  const lineOf = flags.json === true ? jsonLine : table.lineOf;
  let unreadable = 0;
  const batches = tailEvents({
    connection,
    from,
    until,
    select: eventFilter(filterOf(flags), { lookUp: lookUpIn(connection) }),
    onLost: (error) => writeError(`orders: the event store is away, trying again: ${oneLine(error)}\n`),
    onBack: () => writeError('orders: the event store is back, going on behind the last event\n'),
    signal,
  });
  for await (const batch of batches) {
    for (const block of blocksOf(batch.events, { lineOf, blockBytes })) {
      if (signal.aborted) return exitCodes.clean;
      write(block);
      await drained();
    }
    for (const { type, revision } of batch.unreadable) {
      unreadable += 1;
      if (unreadable <= unreadableShownMax)
        writeError(`orders: left out, since this version cannot read it: ${printable(type)}, revision ${revision}\n`);
    }
  }
  if (unreadable > 0) writeError(`orders: ${unreadable} left out in all\n`);
  return unreadable > 0 ? exitCodes.notClean : exitCodes.clean;
}

type Range = { from: LogPosition | null; until: LogPosition | null | 'nothing'; end: LogPosition | null };

async function rangeOf(connection: EventStoreConnection, flags: TailFlags): Promise<Range> {
  const client = connection.client();
  const isEndless = flags.follow && flags.until === undefined;
  const end = await askEventStore(() => readLogEnd(client));
  const first: LogPlace = flags.from ?? { kind: isEndless ? 'now' : 'start' };
  const from = flags.after === undefined ? await beforePlace(client, first) : await upToPlace(client, flags.after);
  if (isEndless) return { from, until: null, end };
  const until = flags.until === undefined ? end : await upToPlace(client, flags.until);
  if (from !== null && (until === null || isLater(from, until)) && first.kind !== 'now')
    throw new UnusableInputError('the place to end lies before the one to begin');
  return { from, until: until !== null && isLater(until, from) ? until : 'nothing', end };
}

const filterOf = ({ type, instrument, side, status }: TailFlags) => ({
  types: type ?? new Set(),
  instruments: instrument ?? new Set(),
  sides: side ?? new Set(),
  statuses: status ?? new Set(),
});

const lookUpIn = (connection: EventStoreConnection) => async (orderId: string, eventsMax: bigint) => {
  let view: OrderView | null = null;
  for await (const { events } of readOrderStream(connection.client(), orderId, Number(eventsMax)))
    for (const { event, revision } of events) view = applyToView(view, event, Number(revision));
  return view;
};
