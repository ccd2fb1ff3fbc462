// How far a long command has come: on a terminal one line that is drawn again and again, elsewhere a line now and
// then, so that a log stays readable. Goes where errors go, so that the output holds nothing but the result.
import type { CommandContext } from './command-context.ts';

export type Progress = {
  /** `total` where it is known by now; both in `unit`. */
  update: (done: number, total?: number) => void;
  /** Takes the line away from the terminal. To be called however the command ends. */
  end: () => void;
};

type ProgressOptions = { label: string; unit: string; nowMs?: () => number };

const redrawMs = 100;
const lineMs = 10_000;
const barWidth = 20;
// The rate of the last moments tells when it will be over; a mean since the start lags behind every change.
const rateWindowMs = 5_000;

export function showProgress(
  { writeError, columns }: Pick<CommandContext, 'writeError' | 'columns'>,
  { label, unit, nowMs = () => performance.now() }: ProgressOptions,
): Progress {
  const width = columns.errors;
  const everyMs = width === null ? lineMs : redrawMs;
  const startedMs = nowMs();
  let marks = [{ atMs: startedMs, done: 0 }];
  let shownMs = startedMs;
  let drawn = false;

  function update(done: number, total?: number) {
    const atMs = nowMs();
    if (atMs - shownMs < everyMs) return;
    shownMs = atMs;
    marks = [...marks.filter((mark, index) => index === marks.length - 1 || atMs - mark.atMs < rateWindowMs)];
    const since = marks[0] ?? { atMs: startedMs, done: 0 };
    marks.push({ atMs, done });
    const perSecond = ((done - since.done) / (atMs - since.atMs)) * 1_000;
    const text = progressText({ label, unit, done, total, perSecond, bar: width !== null });
    if (width === null) return writeError(`${text}\n`);
    drawn = true;
    writeError(`\r${text.slice(0, width - 1)}\u001b[K`);
  }

  function end() {
    if (drawn) writeError('\r\u001b[K');
    drawn = false;
  }

  return { update, end };
}

type Shown = {
  label: string;
  unit: string;
  done: number;
  total: number | undefined;
  perSecond: number;
  bar: boolean;
};

function progressText({ label, unit, done, total, perSecond, bar }: Shown): string {
  const rate = `${whole(perSecond)} ${unit}/s`;
  if (total === undefined || total <= 0) return `${label}  ${whole(done)} ${unit}  ${rate}`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * barWidth);
  const parts = [
    label,
    ...(bar ? ['█'.repeat(filled) + '░'.repeat(barWidth - filled)] : []),
    `${Math.floor(share * 100)} %`,
    `${whole(done)} of ${whole(total)} ${unit}`,
    rate,
    ...(perSecond > 0 ? [`${clock((total - done) / perSecond)} left`] : []),
  ];
  return parts.join('  ');
}

const whole = (number: number): string => Math.round(number).toLocaleString('en-US');

function clock(seconds: number): string {
  const rounded = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(rounded / 3_600), Math.floor(rounded / 60) % 60, rounded % 60];
  const two = (number: number) => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
