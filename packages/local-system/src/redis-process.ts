// How a Redis for this system alone is started, and what its log lines mean. It holds only derived data, which a lost
// second cannot harm: the projector notices, and reads it again from the event store.

export const redisHost = '127.0.0.1';

export const redisArguments = ({ port, folder }: { port: number; folder: string }): string[] =>
  Object.entries({
    bind: redisHost,
    port: String(port),
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  }).flatMap(([option, value]) => [`--${option}`, value]);

const logLine = /^\d+:\w+ .+? ([.*#-]) (.+)$/;
// Redis 6 and 7 report these as warnings, at every start and end. The last one is about the kernel of the host.
const chatter =
  /^(oO0OoO0|Redis version=|Configuration loaded|Server initialized|User requested|Redis is now|WARNING Memory overcommit)/;

/** Redis writes lines like "4711:M 22 Nov 2026 17:24:01.300 * Ready to accept connections". */
export function parseRedisLine(line: string): { level: 'debug' | 'warn'; message: string } {
  const [, mark, message = line] = logLine.exec(line) ?? [];
  return { level: mark === '#' && !chatter.test(message) ? 'warn' : 'debug', message };
}
