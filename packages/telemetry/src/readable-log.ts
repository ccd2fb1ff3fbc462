// The log for people: lines of our logger, one line each, with the time, the level and who wrote it.
import type { Writable } from 'node:stream';
import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** Where the logger of one process writes when it talks to a terminal. */
export function terminalLog(processName: string, terminal: Writable): DestinationStream {
  const render = readableLine(true);
  return { write: (line) => void terminal.write(render(processName, parseRecord(line) ?? { msg: line })) };
}

export type LogRecord = Record<string, unknown>;

/** Null for anything but a whole line of our logger: other output, or a line that was cut because of its length. */
export function parseRecord(line: string): LogRecord | null {
  if (!line.startsWith('{"level":')) return null;
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

const headerKeys = ['level', 'time', 'pid', 'service', 'hostname', 'name', 'processName'];
const nameWidth = 'event-store'.length;
const levelWidth = 'fatal'.length;

/** Renders a record as one line for people: time, level, who wrote it, what it says. */
export function readableLine(colour: boolean): (processName: string, record: LogRecord) => string {
  const pretty = prettyFactory({
    colorize: colour,
    singleLine: true,
    customColors: 'message:reset',
    ignore: headerKeys.join(','),
    messageFormat: (log, messageKey, _levelLabel, { colors }) => {
      const level = String(log.level);
      const paint = colors[levelColours[level] ?? 'reset'];
      const name = String(log.processName).padEnd(nameWidth);
      const label = paint(level.toUpperCase().padEnd(levelWidth));
      return `${colors.gray(localTime(log.time))} ${label} ${colors.cyan(name)}  ${printable(log[messageKey])}`;
    },
  });
  return (processName, record) => pretty(withBriefError({ ...record, processName }));
}

const levelColours: Readonly<Record<string, 'gray' | 'green' | 'yellow' | 'red'>> = {
  trace: 'gray',
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
};

// A warning is about something that goes on by itself: its reason is worth a few words, and the stack is in the way.
function withBriefError(record: LogRecord): LogRecord {
  const { err, ...rest } = record;
  if (record.level === 'error' || record.level === 'fatal' || typeof err !== 'object' || err === null) return record;
  const { message, code } = err as { message?: unknown; code?: unknown };
  return { ...rest, msg: `${rest.msg}: ${message || code}` };
}

// Nothing that a client has sent may steer the terminal.
const printable = (text: unknown): string => String(text).replaceAll(/\p{Cc}/gu, ' ');

function localTime(iso: unknown): string {
  const time = new Date(String(iso));
  const milliseconds = String(time.getMilliseconds()).padStart(3, '0');
  return `${time.toTimeString().slice(0, 'hh:mm:ss'.length)}.${milliseconds}`;
}
