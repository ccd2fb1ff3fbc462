// The report as text: bars and lines that fit the terminal, and plain where there is none.
import plot from 'simple-ascii-chart';
import type { CommandContext, Format } from '../command-context.ts';
import { printable, textTable } from '../printable.ts';
import type { Bucket, Figures } from './figures.ts';

type Layout = Pick<CommandContext, 'columns' | 'paint'>;

/** How many bars a terminal shows for the time. */
export const terminalBuckets = 24;

const plainWidth = 100;
const widthMin = 72;
const widthMax = 160;

export function terminalReport(figures: Figures, { columns, paint }: Layout): string {
  const width = Math.max(widthMin, Math.min(columns.output ?? plainWidth, widthMax));
  const title = (text: string) => `\n${paint('bold', text)}\n`;
  const { orders, submitted, failed, in_doubt, open, first, last } = figures;
  if (orders === 0) return 'no orders\n';
  return [
    `${whole(orders)} orders\nplaced from ${first} to ${last}\n`,
    `${whole(submitted)} submitted · ${whole(failed)} failed · ${whole(in_doubt)} in doubt · ${whole(open)} open\n`,
    title(`Orders, each row ${stretch(figures.bucketSeconds)} (UTC)`),
    overTime(figures, width, paint),
    title('Time from placed to submitted'),
    stageTable(figures),
    percentileLine(figures, width, 'p50_s', 'p50'),
    percentileLine(figures, width, 'p99_s', 'p99'),
    title('Failed and in doubt, by reason'),
    failures(figures, width, paint),
    title('By instrument and side'),
    traded(figures, width, paint),
  ].join('');
}

type Bar = { label: string; parts: { count: number; format: Format; symbol: string }[]; note: string };

/** Parts of a bar differ by their symbols as well: not every reader sees colours. */
function bars(rows: readonly Bar[], width: number, paint: Layout['paint']): string {
  const labels = Math.min(Math.max(...rows.map(({ label }) => label.length)), Math.floor(width / 2));
  const notes = Math.max(...rows.map(({ note }) => note.length));
  const room = Math.max(10, width - labels - notes - 4);
  const sum = ({ parts }: Bar) => parts.reduce((total, { count }) => total + count, 0);
  const most = Math.max(...rows.map(sum), 1);
  return rows
    .map((bar) => {
      let [upTo, drawn] = [0, 0];
      const text = bar.parts.map(({ count, format, symbol }) => {
        upTo += count;
        // What there is at all, however little, is seen.
        const cells = Math.max(Math.round((upTo / most) * room) - drawn, count > 0 ? 1 : 0);
        drawn += cells;
        return cells > 0 ? paint(format, symbol.repeat(cells)) : '';
      });
      const label = bar.label.length > labels ? `${bar.label.slice(0, labels - 1)}…` : bar.label;
      return `${label.padEnd(labels)}  ${text.join('')} ${bar.note}\n`;
    })
    .join('');
}

function overTime({ buckets, bucketSeconds }: Figures, width: number, paint: Layout['paint']): string {
  const note = ({ submitted, failed, in_doubt, open }: Bucket) => {
    const others = [
      [failed, 'failed'],
      [in_doubt, 'in doubt'],
      [open, 'open'],
    ] as const;
    const told = others.filter(([count]) => count > 0).map(([count, what]) => `${whole(count)} ${what}`);
    return [whole(submitted + failed + in_doubt + open), ...told].join(', ');
  };
  const rows = buckets.map((bucket) => ({
    label: timeLabel(bucket.at, bucketSeconds),
    parts: [
      { count: bucket.submitted, format: 'green', symbol: '█' },
      { count: bucket.failed, format: 'red', symbol: '▓' },
      { count: bucket.in_doubt, format: 'yellow', symbol: '▒' },
      { count: bucket.open, format: 'cyan', symbol: '░' },
    ] satisfies Bar['parts'],
    note: note(bucket),
  }));
  return `${bars(rows, width, paint)}█ submitted  ▓ failed  ▒ in doubt  ░ open\n`;
}

function stageTable({ stages }: Figures): string {
  const titles = ['', 'ORDERS', 'P50', 'P90', 'P99', 'MAX'];
  const rows = stages.map(({ stage, orders, p50_s, p90_s, p99_s, max_s }) => [
    stage,
    whole(orders),
    ...[p50_s, p90_s, p99_s, max_s].map(duration),
  ]);
  return textTable(titles, rows);
}

function percentileLine(figures: Figures, width: number, of: 'p50_s' | 'p99_s', name: string): string {
  const { buckets, bucketSeconds } = figures;
  const points = buckets.flatMap((bucket): [number, number][] => {
    const value = bucket[of];
    return value === null ? [] : [[bucket.at, value]];
  });
  // A line needs two points, and a height.
  const highest = Math.max(...points.map(([, seconds]) => seconds));
  if (points.length < 2 || highest <= 0) return '';
  const drawn = plot(points, {
    width: width - 14,
    height: 7,
    yRange: [0, highest],
    formatter: (value, { axis }) => (axis === 'x' ? '' : duration(value)),
  });
  const span = `${name}, from ${timeLabel(points[0]?.[0] ?? 0, bucketSeconds)} to ${timeLabel(points.at(-1)?.[0] ?? 0, bucketSeconds)}`;
  const lines = drawn.split('\n').map((line) => line.trimEnd());
  return `${span}\n${lines.filter((line) => line !== '').join('\n')}\n`;
}

function failures({ failures: found, otherFailures }: Figures, width: number, paint: Layout['paint']): string {
  if (found.length === 0) return 'none\n';
  const rows = found.map(({ code, reason, orders }): Bar => {
    const parts = [{ count: orders, format: 'red', symbol: '█' }] satisfies Bar['parts'];
    return { label: printable(`${code}: ${reason}`), parts, note: whole(orders) };
  });
  return bars(rows, width, paint) + (otherFailures > 0 ? `and ${whole(otherFailures)} orders for other reasons\n` : '');
}

function traded({ traded: found, otherTraded }: Figures, width: number, paint: Layout['paint']): string {
  const rows = found.map(({ instrument, buy, sell }): Bar => {
    const parts = [
      { count: buy, format: 'green', symbol: '█' },
      { count: sell, format: 'yellow', symbol: '▒' },
    ] satisfies Bar['parts'];
    return { label: printable(instrument), parts, note: `${whole(buy)} buy, ${whole(sell)} sell` };
  });
  const more = otherTraded > 0 ? `and ${whole(otherTraded)} orders for other instruments\n` : '';
  return `${bars(rows, width, paint)}${more}█ buy  ▒ sell\n`;
}

const whole = (number: number): string => number.toLocaleString('en-US');

export function duration(seconds: number | null): string {
  if (seconds === null) return '-';
  if (Math.abs(seconds) < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (Math.abs(seconds) < 120) return `${seconds.toFixed(2)} s`;
  return Math.abs(seconds) < 7_200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

/** As much of the time as tells the stretches apart. */
function timeLabel(at: number, step: number): string {
  const text = new Date(at * 1_000).toISOString();
  if (step >= 86_400) return text.slice(0, 10);
  return text.slice(0, step >= 60 ? 16 : 19).replace('T', ' ');
}

function stretch(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ] as const;
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${seconds / size} ${unit}`;
}
