// One log out of those of all processes. For machines: the JSON lines of the processes as they are. For people: one
// line each, with the time, the level and who wrote it.
import { parseRedisLine } from '@orders/local-system/redis-process';
import { prettyFactory } from 'pino-pretty';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
type Level = (typeof levels)[number];

type LogOutputOptions = {
  format: 'json' | 'readable';
  colour: boolean;
  write: (text: string) => void;
  /** Applies to lines of processes that know nothing of LOG_LEVEL. */
  lowestLevel: Level;
  now: () => Date;
};

/** Takes one line that the process of that name wrote. */
export type LogOutput = (processName: string, line: string) => void;

export function logOutput({ format, colour, write, lowestLevel, now }: LogOutputOptions): LogOutput {
  const render = readableLine(colour);
  return (processName, line) => {
    const record = parseRecord(line);
    if (record !== null) {
      write(format === 'json' ? `${line}\n` : render(processName, record));
      return;
    }
    const { level, message } = processName === 'redis' ? parseRedisLine(line) : plainLine(line);
    if (levels.indexOf(level) < levels.indexOf(lowestLevel)) return;
    const wrapped = { level, time: now().toISOString(), service: processName, msg: message };
    write(format === 'json' ? `${JSON.stringify(wrapped)}\n` : render(processName, wrapped));
  };
}

type LogRecord = Record<string, unknown>;

/** Null for anything but a whole line of our logger: other output, or a line that was cut because of its length. */
function parseRecord(line: string): LogRecord | null {
  if (!line.startsWith('{"level":')) return null;
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

// What a process says outside of its log: a warning of Node, or the trace of a crash.
const plainLine = (line: string): { level: Level; message: string } => ({ level: 'warn', message: line });

const headerKeys = ['level', 'time', 'pid', 'service', 'hostname', 'name', 'processName'];
const nameWidth = 'event-store'.length;
const levelWidth = 'fatal'.length;

function readableLine(colour: boolean): (processName: string, record: LogRecord) => string {
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
