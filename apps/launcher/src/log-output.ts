// One log out of those of all processes. For machines: the JSON lines of the processes as they are. For people: one
// line each, with the time, the level and who wrote it.
import { parseRedisLine } from '@orders/local-system/redis-process';
import { parseRecord, readableLine } from '@orders/telemetry/readable-log';

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

// What a process says outside of its log: a warning of Node, or the trace of a crash.
const plainLine = (line: string): { level: Level; message: string } => ({ level: 'warn', message: line });
