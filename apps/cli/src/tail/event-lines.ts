// Events as lines: for programs the one JSON form of an event, for people a table that is as wide as their terminal.
// Lines are put together to blocks, because a write for each of a million events costs more than reading them.
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { CommandContext } from '../command-context.ts';
import { detailsText, eventFormats, shortNames } from '../event-words.ts';
import { printable } from '../printable.ts';

export type LineOf = (event: RecordedOrderEvent) => string;

/** The same as `eventJson` in JSON, put together where nothing needs quoting: it is done for every event of a log. */
export const jsonLine: LineOf = ({ event, revision, position, recordedAt, metadata, id }) =>
  `{"type":"${event.type}","revision":"${revision}","position":"${position.commit}","recorded_at":"${recordedAt.toISOString()}",` +
  `"data":${JSON.stringify(event.data)},"metadata":${JSON.stringify(metadata)},"id":"${id}"}\n`;

export type EventTable = { titles: string; lineOf: LineOf };

type TableOptions = Pick<CommandContext, 'columns' | 'paint'> & {
  /** Where the log ends now: later positions have about as many digits. */
  end: bigint;
};

// With less, there would be no room for what makes one event different from another.
const detailsMin = 30;

/** Elsewhere than on a terminal a line is as long as it has to be. */
export function eventTable({ columns, paint, end }: TableOptions): EventTable {
  const width = columns.output;
  const digits = Math.max('POSITION'.length, String(end).length + 1);
  const cells = { time: 24, position: digits, event: 23, id: 36 };
  const restOf = (widths: readonly number[]) => (width ?? 0) - widths.reduce((sum, one) => sum + one + 2, 0);
  const isWide = width === null || restOf(Object.values(cells)) >= detailsMin;
  if (!isWide) Object.assign(cells, { time: 12, event: 10 });
  const hasPosition = isWide || restOf(Object.values(cells)) >= detailsMin;
  const widths = hasPosition ? Object.values(cells) : [cells.time, cells.event, cells.id];
  const detailsMax = width === null ? Number.POSITIVE_INFINITY : Math.max(0, restOf(widths));

  const titles = [
    'TIME'.padEnd(cells.time),
    ...(hasPosition ? ['POSITION'.padStart(cells.position)] : []),
    'EVENT'.padEnd(cells.event),
    'ORDER'.padEnd(cells.id),
    'DETAILS',
  ];

  function lineOf({ event, recordedAt, position, orderId }: RecordedOrderEvent): string {
    const time = recordedAt.toISOString();
    const name = (isWide ? event.type : shortNames[event.type]).padEnd(cells.event);
    const format = eventFormats[event.type];
    const details = shortened(detailsText(event), detailsMax);
    return `${[
      paint('dim', isWide ? time : time.slice(11, 23)),
      ...(hasPosition ? [String(position.commit).padStart(cells.position)] : []),
      format === null ? name : paint(format, name),
      shortened(printable(orderId), width === null ? Number.POSITIVE_INFINITY : cells.id).padEnd(cells.id),
      details,
    ]
      .join('  ')
      .trimEnd()}\n`;
  }

  return { titles: `${paint('bold', titles.join('  ').slice(0, width ?? undefined))}\n`, lineOf };
}

const shortened = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, Math.max(0, max - 1))}…`.slice(0, max);

type BlockOptions = { lineOf: LineOf; blockBytes: number };

/** Lines in blocks, each of whole lines only; a line that is longer than a block is one by itself. */
export function* blocksOf(
  events: readonly RecordedOrderEvent[],
  { lineOf, blockBytes }: BlockOptions,
): Generator<string> {
  let block = '';
  let bytes = 0;
  for (const event of events) {
    const line = lineOf(event);
    const lineBytes = Buffer.byteLength(line);
    if (bytes > 0 && bytes + lineBytes > blockBytes) {
      yield block;
      block = '';
      bytes = 0;
    }
    block += line;
    bytes += lineBytes;
  }
  if (block !== '') yield block;
}
